"""Which proto type a serializer field has, and the short way there: ONE table."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from django.db import models
from rest_framework import fields, relations, serializers

from django_socio_grpc.schema.hints import LIST_VALUE, VALUE
from django_socio_grpc.schema.model import STRUCT
from django_socio_grpc.schema.natives import (
    native_date,
    native_date_parts,
    native_datetime,
    native_decimal,
    native_time,
    native_timestamp,
    native_uuid,
)
from django_socio_grpc.schema.proto_types import DATE, DURATION, SCALARS, TIMESTAMP, map_of
from django_socio_grpc.schema.relations import Column, related_column, target_column
from django_socio_grpc.schema.sources import source_of
from django_socio_grpc.schema.values import unchanged
from django_socio_grpc.schema.wire import (
    BOOLEAN,
    BYTES,
    FLOAT,
    JSON,
    NUMBERS,
    TEXT,
    WireType,
    integers,
    text,
    well_known,
    without_native,
)

AnyField: TypeAlias = fields.Field[Any, Any, Any, Any]


def wire_type(field: AnyField, proto: str = "") -> WireType:
    """Return how ``field``, bound to its serializer, travels.

    Without ``proto``, the type of an existing contract, it is what ``asked_type`` tells, else
    the default of its class. A class that is not known travels as text.
    """
    owner, found = _row(field)
    proto = proto or asked_type(field) or found.proto
    stock = (
        type(field).__module__ == owner.__module__
    )  # a subclass may represent its values otherwise
    natives = {**found.natives, found.proto: found.native}
    return WireType(
        proto=proto,
        native=natives.get(proto) if stock else None,
        accepts=(found.accepts | {found.proto}) - {proto},
    )


def takes_bytes(field: AnyField) -> bool:
    """Whether ``field`` takes bytes as they are.

    Any other takes them as text in base64, as protobuf's JSON mapping has it.
    """
    _, found = _row(field)
    return found.proto == BYTES.proto or getattr(field, "takes_bytes", False)


def _row(field: AnyField) -> tuple[type[Any], WireType]:
    """The nearest class of ``field`` that the table has, and its row."""
    owner = next(base for base in type(field).__mro__ if base in WIRE_TYPES)
    row = WIRE_TYPES[owner]
    return owner, row if isinstance(row, WireType) else row(field)


def asked_type(field: AnyField) -> str:
    """Return the proto type that the code asks for, or "".

    It is that of the field's name in ``Meta.proto_types`` of its serializer, or the attribute
    ``proto_type`` of the field.
    """
    meta = getattr(field.parent, "Meta", None)
    by_name: Mapping[str, str] = getattr(meta, "proto_types", {})
    return by_name.get(field.field_name or "") or getattr(field, "proto_type", None) or ""


def column_type(column: Column) -> WireType:
    """Return how the values of a model's field travel; of a foreign key, those of its target."""
    column = target_column(column)
    if isinstance(column, models.IntegerField):
        return _integer_column(column)
    cls, kwargs = serializers.ModelSerializer[Any]().build_standard_field(column.name, column)
    return wire_type(cls(**kwargs))


def model_field_type(column: Column) -> str:
    """Return the proto type of a model's field: ``int64`` for a BigAutoField.

    It is for values that queries take as they come, so a date is text whatever the project wants.
    """
    proto = column_type(column).proto
    return TEXT.proto if proto in (TIMESTAMP, DATE, DURATION) else proto


def model_field_accepts(column: Column) -> frozenset[str]:
    """Return the other scalars that an existing contract may have for such a value."""
    return column_type(column).accepts & SCALARS - {model_field_type(column)}


# Rows that depend on how the field was declared.


def _integer(field: Any) -> WireType:
    """By the model's field, never by the bounds that DRF takes over from the database in use."""
    column = _column(field)
    if isinstance(column, models.IntegerField):
        return _integer_column(column)
    low, high = field.min_value, field.max_value
    return integers(
        long=isinstance(field, serializers.BigIntegerField)
        or any(bound is not None and _is_long(bound) for bound in (low, high)),
        natural=low is not None and low >= 0,
    )


def _is_long(number: Any) -> bool:
    # No range: it looks for an instance of a subclass, as of IntegerChoices, one by one.
    return not -(2**31) <= number < 2**31


def _column(field: Any) -> Any:
    """The column that ``field`` shows; there is none behind the child of a list."""
    return source_of(field).column if field.parent is not None and field.source else None


def _integer_column(column: Column) -> WireType:
    return integers(
        long=isinstance(column, models.BigIntegerField),
        natural=column.get_internal_type().startswith("Positive"),
    )


def _choice(field: Any) -> WireType:
    """The type that all choices have, else text."""
    column = _column(field)
    kinds = {type(choice) for choice in field.choices}
    if isinstance(column, models.IntegerField):
        return _integer_column(column)
    if kinds and all(issubclass(kind, int) and kind is not bool for kind in kinds):
        low, high = min(field.choices), max(field.choices)
        return integers(long=_is_long(low) or _is_long(high), natural=low >= 0)
    if kinds == {bool}:
        return BOOLEAN
    if kinds == {float}:
        return FLOAT
    return text(native=unchanged if all(issubclass(kind, str) for kind in kinds) else None)


def _dict(field: Any) -> WireType:
    """A map if its values have a type, and neither it nor they are ever null."""
    child = field.child
    if isinstance(child, UNTYPED | serializers.BaseSerializer):
        return WireType(proto=STRUCT, accepts=frozenset({VALUE}))
    # The values of a map are neither lists nor maps themselves.
    kinds = {fields.DictField: STRUCT, fields.ListField: LIST_VALUE}
    value = wire_type(child, kinds.get(type(child), ""))
    maps = {map_of(value.proto), *map(map_of, value.accepts)}
    proto = STRUCT if field.allow_null or child.allow_null else map_of(value.proto)
    return WireType(proto=proto, accepts=frozenset({STRUCT, VALUE, *maps}) - {proto})


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


UNTYPED: Any = type(fields.ListField().child)
"""What a ListField or DictField has as its child that names none."""

WIRE_TYPES: Mapping[type[Any], Any] = {
    fields.Field: TEXT,
    fields.CharField: text(native=unchanged),
    fields.UUIDField: lambda field: text(native=native_uuid(field)),
    fields.IntegerField: _integer,
    fields.FloatField: FLOAT,
    fields.DecimalField: lambda field: text(*NUMBERS, native=native_decimal(field)),
    fields.BooleanField: BOOLEAN,
    fields.DateTimeField: lambda field: well_known(
        text(native=native_datetime(field)), TIMESTAMP, native_timestamp(field)
    ),
    fields.DateField: lambda field: well_known(
        text(native=native_date(field)), DATE, native_date_parts(field)
    ),
    fields.TimeField: lambda field: text(native=native_time(field)),
    fields.DurationField: lambda field: well_known(text(), DURATION, None),
    fields.ChoiceField: _choice,
    fields.MultipleChoiceField: lambda field: without_native(_choice(field)),
    fields.FileField: TEXT,
    fields.JSONField: lambda field: BYTES if field.binary else JSON,
    fields.DictField: _dict,
    fields.ListField: lambda field: without_native(_list(field)),
    # A contract may have a list of no type as one of texts.
    UNTYPED: replace(JSON, accepts=JSON.accepts | {TEXT.proto}),
    fields.ModelField: lambda field: (
        BYTES if isinstance(field.model_field, models.BinaryField) else TEXT
    ),
    relations.PrimaryKeyRelatedField: lambda field: without_native(_primary_key(field)),
    relations.SlugRelatedField: lambda field: without_native(_related(field, field.slug_field)),
    relations.ManyRelatedField: lambda field: without_native(wire_type(field.child_relation)),
}
"""By class of field. A row is a WireType, or a function of the field that returns one."""
