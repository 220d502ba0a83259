"""What a field is in a message: its proto type, or the message or enum that it holds."""

import enum
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeAlias

from django.db import models
from rest_framework import fields, relations, serializers

from django_socio_grpc.exceptions import ProtoRegistrationError
from django_socio_grpc.schema.computed import computed_by, return_type
from django_socio_grpc.schema.enums import choices_spec, enum_of, enum_spec
from django_socio_grpc.schema.hints import annotation_type
from django_socio_grpc.schema.instances import instance_of
from django_socio_grpc.schema.model import STRUCT, EnumSpec, FieldCardinality, Side
from django_socio_grpc.schema.proto_types import MAP_KEYS, map_of, map_parts
from django_socio_grpc.schema.sources import source_of
from django_socio_grpc.schema.types import AnyField, asked_type, column_type, wire_type

Serializer: TypeAlias = serializers.BaseSerializer[Any]

LISTS = (fields.ListField, fields.MultipleChoiceField, relations.ManyRelatedField)
LABELS = {label.value: label for label in FieldCardinality if label}


class Nest(Protocol):
    """Makes the message of a serializer part of the contract and returns the message's name.

    The message is for ``side``, or for that of the message which holds it.
    """

    def __call__(
        self, serializer: Serializer, name: str = "", side: Side | None = None, /
    ) -> str: ...


class ProtoType(NamedTuple):
    """``name`` as the contract has it; ``accepts`` and ``enum`` as in ``FieldSpec``."""

    name: str
    label: FieldCardinality = FieldCardinality.NONE
    accepts: frozenset[str] = frozenset()
    enum: EnumSpec | None = None


def field_type(field: AnyField, nest: Nest) -> ProtoType:
    """Return what ``field``, bound to its serializer, is in a message."""
    match field:
        case serializers.ListSerializer(child=serializers.BaseSerializer() as child):
            return ProtoType(nest(child), FieldCardinality.REPEATED)
        case serializers.BaseSerializer():
            return ProtoType(nest(field))
        case fields.ListField(child=serializers.ListSerializer()):
            pass  # repeated cannot be repeated: the inner list is a value
        case fields.ListField(child=serializers.BaseSerializer() as child):
            return ProtoType(nest(child), FieldCardinality.REPEATED)
        case fields.DictField(child=serializers.Serializer() as child) if not child.allow_null:
            return ProtoType(map_of(nest(child)), accepts=frozenset({STRUCT}))
    if not asked_type(field):
        if isinstance(field, fields.SerializerMethodField):
            return _annotated(_method(field), nest)
        if isinstance(field, fields.ReadOnlyField):
            return _read_only(field, nest)
    label = FieldCardinality.REPEATED if isinstance(field, LISTS) else FieldCardinality.NONE
    wire = wire_type(field)
    return ProtoType(wire.proto, label, wire.accepts, _enum(field))


def _method(field: Any) -> Callable[..., Any]:
    method: Callable[..., Any] | None = getattr(field.parent, field.method_name, None)
    if method is None:
        owner = type(field.parent).__name__
        raise ProtoRegistrationError(
            f"{owner}.{field.field_name} is a SerializerMethodField, but {owner} has no method "
            f"{field.method_name}(). Add it, with the type that it returns."
        )
    return method


def _enum(field: AnyField) -> EnumSpec | None:
    if asked_type(field):
        return None
    cls = enum_of(field)
    owner = f"{type(field.parent).__name__}.{field.field_name}"
    return choices_spec(field) if cls is None else enum_spec(owner, cls)


def _read_only(field: AnyField, nest: Nest) -> ProtoType:
    if isinstance(declared := getattr(field, "property_field", None), property) and declared.fget:
        return _annotated(declared.fget, nest)
    source = source_of(field)
    if isinstance(source.column, models.Field):
        wire = column_type(source.column)
        return ProtoType(wire.proto, accepts=wire.accepts)
    function = computed_by(source.model, source.name) if source.model else None
    if function is None:
        raise ProtoRegistrationError(
            f"{type(field.parent).__name__}.{field.field_name} is read from {field.source!r}, "
            "which is neither a field nor a property of the model, so its type is unknown. "
            f"Declare it: {field.field_name} = serializers.IntegerField(read_only=True), for "
            "example."
        )
    return _annotated(function, nest)


def _annotated(function: Callable[..., Any], nest: Nest) -> ProtoType:
    proto, label, accepts = return_type(function)
    # What is computed is never sent to a server, whichever message it is in.
    name = proto if isinstance(proto, str) else nest(instance_of(proto), "", Side.RESPONSE)
    return ProtoType(name, label, accepts)


def declared_type(owner: str, value: Any, nest: Nest) -> ProtoType:
    """Return what an action means by ``value``: the name of a type, or a Python type.

    Raises:
        ProtoRegistrationError: no proto type stands for it.
    """
    if isinstance(value, str):
        label, _, name = value.strip().partition(" ")
        if label in LABELS:  # "repeated string"
            return ProtoType(name.strip(), LABELS[label])
        return ProtoType(_checked_map(owner, value.strip()))
    try:
        proto, label = annotation_type(value)
    except ProtoRegistrationError as exc:
        raise ProtoRegistrationError(f"{owner}: {exc}") from exc
    if isinstance(proto, str):
        return ProtoType(proto, label)
    if issubclass(proto, enum.Enum):
        return ProtoType("string", label, enum=enum_spec(owner, proto))
    return ProtoType(nest(instance_of(proto), proto.__name__, Side.BOTH), label)


def _checked_map(owner: str, name: str) -> str:
    """``name``, if it is a map one as the contract writes it."""
    if not name.startswith("map<"):
        return name
    key, value = map_parts(name) or ("", "")
    if key not in MAP_KEYS:
        raise ProtoRegistrationError(
            f"{owner} has the type {name!r}. Write a map as 'map<string, int32>': its keys are "
            "text, integers or booleans, its values of any type but a map."
        )
    return map_of(value, key)
