"""What is worked out once for a class.

It is kept in the class, and so goes with it: a handler may make a serializer class in each call.
"""

from typing import Any
from weakref import WeakSet

from django.core.signals import setting_changed

NAME = "_kept_by_django_socio_grpc"
NOTHING: tuple[None, dict[Any, Any]] = None, {}

_classes: WeakSet[type] = WeakSet()


def kept(cls: type) -> dict[Any, Any]:
    """Return what is kept of ``cls`` itself, and not of its bases, until a setting changes."""
    found: dict[Any, Any]
    owner, found = vars(cls).get(NAME, NOTHING)
    if owner is not cls:  # a class may be made from the attributes of another
        found = {}
        setattr(cls, NAME, (cls, found))
        _classes.add(cls)
    return found


def _forget(**_: Any) -> None:
    for cls in list(_classes):
        kept(cls).clear()


setting_changed.connect(_forget)
