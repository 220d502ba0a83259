"""Filter backends of the framework's own. Those of Django REST framework work as they are."""

from rest_framework import filters


class OrderingFilter(filters.OrderingFilter):
    """Orders by the field, or the fields, that the caller names.

    ``ordering`` is a text, ``"-date,title"``, or a list of them, ``["-date", "title"]``.
    """
