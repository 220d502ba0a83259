"""Which proto type a serializer field has, and the short way there: ONE table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.db import models
from rest_framework import fields, relations, serializers

from django_socio_grpc.schema.hints import LIST_VALUE, VALUE
from django_socio_grpc.schema.model import STRUCT
from django_socio_grpc.schema.natives import (
    Convert,
    native_date,
    native_datetime,
    native_decimal,
    native_time,
    native_uuid,
)
from django_socio_grpc.schema.relations import Column, related_column, target_column
from django_socio_grpc.schema.sources import source_of
from django_socio_grpc.schema.values import SIGNED, UNSIGNED, unchanged

AnyField: TypeAlias = fields.Field[Any, Any, Any, Any]

INT32 = range(-(2**31), 2**31)


@dataclass(frozen=True, slots=True, kw_only=True)
class WireType:
    """How one field travels.

    ``proto`` is its proto type; of a list field, that of one element.
    ``native``, where there is one, turns the attribute itself into the wire form, equal to the
    way over ``to_representation``; it, or the message, raises TypeError, ValueError or
    AttributeError for an attribute that is not of the field's own type.
    ``accepts`` are the other proto types that a contract may have for the field.
    """

    proto: str
    native: Convert | None = None
    accepts: frozenset[str] = frozenset()


def wire_type(field: AnyField, proto: str = "") -> WireType:
    """Return how ``field``, bound to its serializer, travels.

    Without ``proto``, the type of an existing contract, it is the field's attribute
    ``proto_type``, else the default of its class. A class that is not known travels as text.
    """
    cls = type(field)
    owner = next(base for base in cls.__mro__ if base in WIRE_TYPES)
    row = WIRE_TYPES[owner]
    found = row if isinstance(row, WireType) else row(field)
    proto = proto or getattr(field, "proto_type", "") or found.proto
    stock = cls.__module__ == owner.__module__  # a subclass may represent its values otherwise
    return WireType(
        proto=proto,
        native=found.native if stock and proto == found.proto else None,
        accepts=(found.accepts | {found.proto}) - {proto},
    )


def column_type(column: Column) -> WireType:
    """Return how the values of a model's field travel; of a foreign key, those of its target."""
    column = target_column(column)
    if isinstance(column, models.IntegerField):
        return _integer_column(column)
    cls, kwargs = serializers.ModelSerializer[Any]().build_standard_field(column.name, column)
    return wire_type(cls(**kwargs))


def model_field_type(column: Column) -> str:
    """Return the proto type of a model's field: ``int64`` for a BigAutoField."""
    return column_type(column).proto


# Rows that depend on how the field was declared.


def _integer(field: Any) -> WireType:
    """By the model's field, never by the bounds that DRF takes over from the database in use."""
    column = _column(field)
    if isinstance(column, models.IntegerField):
        return _integer_column(column)
    low, high = field.min_value, field.max_value
    return _integers(
        long=isinstance(field, serializers.BigIntegerField)
        or any(bound is not None and bound not in INT32 for bound in (low, high)),
        natural=low is not None and low >= 0,
    )


def _column(field: Any) -> Any:
    """The column that ``field`` shows; there is none behind the child of a list."""
    return source_of(field).column if field.parent is not None and field.source else None


def _integer_column(column: Column) -> WireType:
    return _integers(
        long=isinstance(column, models.BigIntegerField),
        natural=column.get_internal_type().startswith("Positive"),
    )


def _integers(*, long: bool, natural: bool) -> WireType:
    """32-bit numbers fit every signed type; 64-bit ones do not fit 32 bits or a double."""
    accepts = {"string", "google.protobuf.StringValue", "google.protobuf.Int64Value"}
    accepts.update(name for name in SIGNED if not long or name.endswith("64"))
    if natural:
        accepts.update(name for name in UNSIGNED if not long or name.endswith("64"))
        accepts.add("google.protobuf.UInt64Value")
    if not long:
        accepts.update({"double", "google.protobuf.Int32Value", "google.protobuf.DoubleValue"})
    proto = "int64" if long else "int32"
    return WireType(proto=proto, native=unchanged, accepts=frozenset(accepts - {proto}))


def _choice(field: Any) -> WireType:
    """The type that all choices have, else text."""
    column = _column(field)
    kinds = {type(choice) for choice in field.choices}
    if isinstance(column, models.IntegerField):
        return _integer_column(column)
    if kinds and all(issubclass(kind, int) and kind is not bool for kind in kinds):
        low, high = min(field.choices), max(field.choices)
        return _integers(long=low not in INT32 or high not in INT32, natural=low >= 0)
    if kinds == {bool}:
        return BOOLEAN
    if kinds == {float}:
        return FLOAT
    return _text(native=unchanged if all(issubclass(kind, str) for kind in kinds) else None)


def _list(field: Any) -> WireType:
    """Of one element. A repeated field cannot be repeated again, so an inner list is a value."""
    if isinstance(field.child, fields.ListField | serializers.ListSerializer):
        return WireType(proto=LIST_VALUE, accepts=frozenset({VALUE}))
    return wire_type(field.child)


def _primary_key(field: Any) -> WireType:
    return wire_type(field.pk_field) if field.pk_field is not None else _related(field, "pk")


def _related(field: Any, path: str) -> WireType:
    column = related_column(field, path)
    return column_type(column) if column is not None else TEXT


def _without_native(row: WireType) -> WireType:
    """The attribute is a list or an object; the row is that of what stands for one element."""
    return WireType(proto=row.proto, accepts=row.accepts)


def _text(*accepts: str, native: Convert | None = None) -> WireType:
    known = frozenset({"google.protobuf.StringValue", *accepts})
    return WireType(proto="string", native=native, accepts=known)


NUMBERS = ("double", "float", "google.protobuf.DoubleValue", "google.protobuf.FloatValue")
TEXT = _text()
BOOLEAN = WireType(
    proto="bool", native=unchanged, accepts=frozenset({"google.protobuf.BoolValue"})
)
FLOAT = WireType(proto="double", native=unchanged, accepts=frozenset({*NUMBERS, "string"}))
BYTES = WireType(proto="bytes", accepts=frozenset({"google.protobuf.BytesValue"}))
JSON = WireType(proto=VALUE, accepts=frozenset({STRUCT, LIST_VALUE}))

WIRE_TYPES: Mapping[type[Any], Any] = {
    fields.Field: TEXT,
    fields.CharField: _text(native=unchanged),
    fields.UUIDField: lambda field: _text(native=native_uuid(field)),
    fields.IntegerField: _integer,
    fields.FloatField: FLOAT,
    fields.DecimalField: lambda field: _text(*NUMBERS, native=native_decimal(field)),
    fields.BooleanField: BOOLEAN,
    fields.DateTimeField: lambda field: _text(
        "google.protobuf.Timestamp", native=native_datetime(field)
    ),
    fields.DateField: lambda field: _text(native=native_date(field)),
    fields.TimeField: lambda field: _text(native=native_time(field)),
    fields.DurationField: _text("google.protobuf.Duration"),
    fields.ChoiceField: _choice,
    fields.MultipleChoiceField: lambda field: _without_native(_choice(field)),
    fields.FileField: TEXT,
    fields.JSONField: lambda field: BYTES if field.binary else JSON,
    fields.DictField: WireType(proto=STRUCT, accepts=frozenset({VALUE})),
    fields.ListField: lambda field: _without_native(_list(field)),
    type(fields.ListField().child): JSON,  # of a ListField that names no child
    fields.ModelField: lambda field: (
        BYTES if isinstance(field.model_field, models.BinaryField) else TEXT
    ),
    relations.PrimaryKeyRelatedField: lambda field: _without_native(_primary_key(field)),
    relations.SlugRelatedField: lambda field: _without_native(_related(field, field.slug_field)),
    relations.ManyRelatedField: lambda field: _without_native(wire_type(field.child_relation)),
}
"""By class of field. A row is a WireType, or a function of the field that returns one."""
