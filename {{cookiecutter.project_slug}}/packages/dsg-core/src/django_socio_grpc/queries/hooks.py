"""What of a service decides about its queries: its hooks, its queryset, its serializer."""

from operator import attrgetter
from typing import Any

from rest_framework.permissions import BasePermission

from django_socio_grpc.codec import Encoder, encoder, message_class_for
from django_socio_grpc.codec.kept import kept
from django_socio_grpc.codec.static import STOCK, is_static, is_stock
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.permissions import GRPCActionBasePermission
from django_socio_grpc.queries.fresh import FreshQuerySet

EVERY_OBJECT = (
    BasePermission.has_object_permission,
    GRPCActionBasePermission.has_object_permission,
)
"""What permissions have that do not look at objects."""


class Hooks:
    """Methods that a service may override, in its class or in an instance."""

    def __init__(self, *names: str) -> None:
        self._names = frozenset(names)
        self._found = attrgetter(*names)
        self._known: dict[type, tuple[Any, bool]] = {}

    def are_stock(self, service: Any) -> bool:
        """Whether ``service`` has them as the framework has made them, at this moment."""
        cls = type(service)
        try:
            found = self._found(cls)
        except AttributeError:  # a service with a few methods of its own
            return False
        known = self._known.get(cls)
        if known is None or known[0] != found:  # someone may have patched the class
            known = (found, all(_is_stock(cls, name) for name in self._names))
            self._known[cls] = known
        return known[1] and self._names.isdisjoint(vars(service))


def fresh_queryset(service: Any) -> FreshQuerySet | None:
    """Return the queryset of the class of ``service``, if that is the one of the call."""
    if "queryset" in vars(service):
        return None
    for base in type(service).__mro__:
        if "queryset" in base.__dict__:
            found = base.__dict__["queryset"]
            return found if isinstance(found, FreshQuerySet) else None
    return None


def encoder_of(service: Any) -> Encoder | None:
    """Return what encodes the rows that a stock action of ``service`` answers with.

    None where only instances of the serializer can represent them.
    """
    try:
        cls = service.get_serializer_class()
        if not _is_encoded(cls):
            return None
        owner = service.get_serializer_context().get("service")
        codec = encoder(cls, message_class_for(cls, service=owner))
        return codec if _is_encoded(cls) else None  # for it sees a change of the class
    except ConfigurationError:  # for the action to raise, if it has a use for a serializer
        return None


def lets_at_every_object(service: Any) -> bool:
    """Whether no permission of ``service`` wants to see the object."""
    return all(
        getattr(each, "has_object_permission", None) in EVERY_OBJECT
        for each in service.permission_classes
    )


def _is_encoded(cls: type) -> bool:
    """Whether the messages of ``cls``, and of lists of it, are what its fields alone decide on."""
    found = kept(cls)
    if _is_encoded not in found:
        lists = getattr(getattr(cls, "Meta", None), "list_serializer_class", None)
        found[_is_encoded] = all(
            is_static(each) and is_stock(each, "message")
            for each in (cls, lists)
            if each is not None
        )
    return bool(found[_is_encoded])


def _is_stock(cls: type, name: str) -> bool:
    found = getattr(cls, name)
    return is_stock(cls, name) and getattr(found, "__module__", "").startswith(STOCK)
