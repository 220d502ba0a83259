"""Fields that only their own ``to_representation`` can represent, and the context they need."""

import copy
from typing import Any

from rest_framework import fields, relations, serializers

from django_socio_grpc.codec.convert import Convert

# What they represent depends on the request, which the serializer's context holds.
CONTEXTUAL = (
    fields.FileField,
    fields.SerializerMethodField,
    relations.HyperlinkedRelatedField,
    serializers.BaseSerializer,
)
STOCK_MODULES = frozenset(
    {fields.__name__, relations.__name__, "django_socio_grpc.proto_serializers.fields"}
)


def represented(field: Any, encode: Convert, null: Any = None) -> Convert:
    """Return what reads ``field`` of a row as DRF does, and encodes it.

    It gives None if there is no value, and ``null`` if that is None.
    """

    def read(row: Any) -> Any:
        try:
            value = field.get_attribute(row)
        except fields.SkipField:
            return None
        if (value.pk if isinstance(value, relations.PKOnlyObject) else value) is None:
            return null
        representation = field.to_representation(value)
        return null if representation is None else encode(representation)

    return read


def is_context_free(field: Any) -> bool:
    """Whether ``field`` represents a row in every serializer of its class as in this one."""
    if isinstance(field, CONTEXTUAL) or type(field).__module__ not in STOCK_MODULES:
        return False
    if getattr(field.default, "requires_context", False):
        return False
    return all(is_context_free(child) for child in _children(field).values())


def own_field(field: Any, serializer: Any) -> Any:
    """Return the field of ``serializer``, one in a call, for ``field`` of another of its class.

    It is the one that a handler may have changed, if they have been made.
    """
    made = vars(serializer).get("fields")
    return rebound(field, serializer) if made is None else made[field.field_name]


def rebound(field: Any, parent: Any) -> Any:
    """Return ``field`` as a field of ``parent``, a serializer in a call, with its context.

    A shallow copy: DRF's own way builds every field of the serializer anew.
    """
    clone = copy.copy(field)
    clone.parent = parent
    vars(clone).pop("fields", None)  # those of a nested serializer know the one it is copied from
    for name, child in _children(clone).items():
        setattr(clone, name, rebound(child, clone))
    return clone


def _children(field: Any) -> dict[str, Any]:
    found = {name: getattr(field, name, None) for name in ("child", "child_relation", "pk_field")}
    return {name: child for name, child in found.items() if child is not None}
