"""Enums as plugins may give them to fields."""

from dataclasses import dataclass, replace

from django_socio_grpc.schema.annotations import EnumClass
from django_socio_grpc.schema.enums import (
    EnumPlacement,
    ProtoEnumLocations,
    enum_spec,
    placed,
)
from django_socio_grpc.schema.model import FieldSpec

__all__ = ["ProtoEnum", "ProtoEnumLocations"]


@dataclass(frozen=True, slots=True)
class ProtoEnum:
    """The type of a field whose values are the members of ``enum``.

    >>> ProtoField("genre", ProtoEnum(Genre, True, ProtoEnumLocations.GLOBAL))
    """

    enum: EnumClass
    wrap_in_message: bool = True
    location: ProtoEnumLocations = ProtoEnumLocations.GLOBAL

    def field_spec(self, message: str, name: str) -> FieldSpec:
        """Return the field ``name`` of this type, in the message called ``message``."""
        spec = enum_spec(f"{message}.{name}", self.enum)
        placement = EnumPlacement(location=self.location, wrapped=self.wrap_in_message)
        field = placed(FieldSpec(name=name, type="string", enum=spec), message, placement)
        return replace(field, accepts=field.accepts - {"string"})
