"""Django REST framework's pages in messages."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from google.protobuf.descriptor import FieldDescriptor
from rest_framework.exceptions import NotFound
from rest_framework.pagination import LimitOffsetPagination, PageNumberPagination

from django_socio_grpc.concurrency import settled

START = {"page": "1", "offset": "0"}
"""What a link to the first page leaves out."""


def page_of(paginator: Any, queryset: Any, context: Any, service: Any) -> list[Any] | None:
    """Return the page of ``queryset`` that the caller asks for, or None for all of it.

    Raises:
        NotFound: there is no such page.
    """
    try:
        page = settled(paginator.paginate_queryset(queryset, context, view=service))
    except (TypeError, ValueError, ValidationError) as exc:
        cursor = getattr(paginator, "cursor_query_param", None)
        if cursor is None or cursor not in context.query_params:
            raise
        # A cursor of the caller's own making, whose position is not one of the column's.
        raise NotFound(paginator.invalid_cursor_message) from exc
    return None if page is None else list(page)


def counts_and_slices(paginator: Any) -> bool:
    """Whether all that ``paginator`` does with a queryset is to count it and to take a part."""
    cls = type(paginator)
    return (
        isinstance(paginator, PageNumberPagination | LimitOffsetPagination)
        and all(_is_drfs(cls, name) for name in ("paginate_queryset", "get_count"))
        and getattr(cls, "django_paginator_class", Paginator) is Paginator
    )


def count_of(paginator: Any, queryset: Any) -> int:
    """How many objects there are on all pages together, counted once."""
    # Each of DRF's paginators has counted elsewhere; one that goes by a cursor has not.
    pages = getattr(getattr(paginator, "page", None), "paginator", paginator)
    count: int | None = getattr(pages, "count", None)
    return int(queryset.count()) if count is None else count


def describe(message: Any, paginator: Any, queryset: Any) -> None:
    """Fill those of ``count``, ``next`` and ``previous`` that ``message`` has.

    ``next`` and ``previous`` are what the caller sends as ``page``, ``offset`` or ``cursor`` to
    get that page. They stay unset where there is no such page.
    """
    fields = message.DESCRIPTOR.fields_by_name
    if "count" in fields:
        message.count = count_of(paginator, queryset)
    for name in ("next", "previous"):
        if name not in fields or not hasattr(paginator, f"get_{name}_link"):
            continue
        if (link := getattr(paginator, f"get_{name}_link")()) is not None:
            token = _token(paginator, link)
            is_text = fields[name].cpp_type == FieldDescriptor.CPPTYPE_STRING
            setattr(message, name, token if is_text else int(token))


def _token(paginator: Any, link: str) -> str:
    """The parameter of ``link`` that leads to its page; all of them, if none is known to."""
    query = urlsplit(link).query
    for kind in ("cursor", "offset", "page"):
        name = getattr(paginator, f"{kind}_query_param", None)
        if name is not None:
            return parse_qs(query).get(name, [START.get(kind, "")])[0]
    return query


def _is_drfs(cls: type, name: str) -> bool:
    found = getattr(cls, name, None)
    bases = (PageNumberPagination, LimitOffsetPagination)
    return found is None or any(found is getattr(base, name, None) for base in bases)
