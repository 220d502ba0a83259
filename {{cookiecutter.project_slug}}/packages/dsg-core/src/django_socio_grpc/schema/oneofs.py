"""Fields of a serializer of which one at most is set: ``Meta.oneofs = {"by": ["id", "name"]}``."""

from collections.abc import Mapping
from typing import Any

from rest_framework.fields import Field, empty

from django_socio_grpc.exceptions import ProtoRegistrationError
from django_socio_grpc.schema.model import Side


def declared_oneofs(
    serializer: Any, fields: Mapping[str, Field[Any, Any, Any, Any]], side: Side
) -> dict[str, str]:
    """Return the oneof of each of ``fields`` that is in one.

    Raises:
        ProtoRegistrationError: a oneof names what is not a field or is in another one, or a field
            that a request could not leave out.
    """
    owner = f"{type(serializer).__name__}.Meta.oneofs"
    declared: Mapping[str, Any] = getattr(getattr(serializer, "Meta", None), "oneofs", {})
    found: dict[str, str] = {}
    for oneof, names in declared.items():
        for name in names:
            if name not in serializer.fields or name in found or isinstance(names, str):
                raise ProtoRegistrationError(
                    f"{owner} has {name!r} in {oneof!r}, which is not a field of the serializer, "
                    "or is in another oneof. Write lists of names of fields: "
                    '{"payload": ["text", "image"]}.'
                )
            found[name] = oneof
            if side is not Side.RESPONSE and name in fields and cleared(fields[name]) is empty:
                raise ProtoRegistrationError(
                    f"{owner}: {name!r} is in {oneof!r}, so that a request which sets another of "
                    "its fields clears this one. Let it: declare the field with allow_null=True, "
                    'or, where text may be "", with allow_blank=True.'
                )
        if oneof in serializer.fields:
            raise ProtoRegistrationError(
                f"{owner} has {oneof!r}, which is the name of a field. Give the oneof another."
            )
    return {name: oneof for name, oneof in found.items() if name in fields}


def cleared(field: Any) -> Any:
    """Return what ``field`` becomes when another of its oneof is set; ``empty`` if it stays."""
    if field.read_only:
        return empty
    if field.allow_null:
        return None
    return "" if getattr(field, "allow_blank", False) else empty
