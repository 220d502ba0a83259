"""One field of a serializer, or of a list that an action declares -> ``FieldSpec``."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

from django.db import models
from rest_framework import fields, relations, serializers

from django_socio_grpc.actions import check_field_dict
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.schema.computed import computed_by, return_type
from django_socio_grpc.schema.hints import annotation_type
from django_socio_grpc.schema.model import FieldCardinality, FieldSpec, Side
from django_socio_grpc.schema.names import is_identifier
from django_socio_grpc.schema.sources import is_primary_key, source_of
from django_socio_grpc.schema.types import column_type, wire_type

DRFField = fields.Field[Any, Any, Any, Any]
Serializer = serializers.BaseSerializer[Any]

LISTS = (fields.ListField, fields.MultipleChoiceField, relations.ManyRelatedField)
LABELS = {label.value: label for label in FieldCardinality if label}


class Nest(Protocol):
    """Makes the message of a serializer part of the contract and returns the message's name."""

    def __call__(self, serializer: Serializer, name: str = "", /) -> str: ...


class ProtoType(NamedTuple):
    name: str
    label: FieldCardinality = FieldCardinality.NONE
    accepts: frozenset[str] = frozenset()


def serializer_fields(serializer: Serializer, side: Side, nest: Nest) -> Iterator[FieldSpec]:
    """Yield what the message of ``serializer`` for ``side`` holds, in the serializer's order."""
    owner = type(serializer).__name__
    if not isinstance(serializer, serializers.Serializer):
        yield from _own_fields(serializer, nest)
        return
    for name, field in serializer.fields.items():
        if _travels(field, side):
            proto = _proto_type(field, nest)
            yield _spec(
                f"{owner}.{name}",
                name=name,
                type=proto.name,
                cardinality=_label(field, side, proto.label),
                comment=comment_text(field.help_text),
                accepts=proto.accepts,
            )


def declared_field(owner: str, value: Any, nest: Nest) -> FieldSpec:
    """Return the field that an action, ``owner``, declares by a dict.

    Raises:
        ConfigurationError: it is not a dict with a name, a type and a known label.
    """
    check_field_dict(owner, value)
    owner = f"{owner}: the field {value['name']!r}"
    proto = _declared_type(owner, value["type"], nest)
    label = value.get("cardinality") or proto.label
    if label and label not in LABELS:
        raise ConfigurationError(
            f"{owner} has the cardinality {label!r}. Give one of "
            f"{', '.join(repr(known) for known in LABELS)}, or none."
        )
    return _spec(
        owner,
        name=value["name"],
        type=proto.name,
        cardinality=FieldCardinality(label),
        comment=comment_text(value.get("comment")),
        accepts=proto.accepts,
    )


def comment_text(value: Any) -> str:
    """Return a comment as text; it may be None, lazily translated, or a list of lines."""
    lines = value if isinstance(value, list | tuple) else [value or ""]
    return "\n".join(str(line) for line in lines)


def _spec(owner: str, *, name: str, **values: Any) -> FieldSpec:
    if not is_identifier(name):
        raise ConfigurationError(
            f"{owner} cannot be a field of a message. Use ASCII letters, digits and underscores."
        )
    return FieldSpec(name=name, **values)


def _own_fields(serializer: Serializer, nest: Nest) -> Iterator[FieldSpec]:
    cls = type(serializer).__name__
    declare = getattr(serializer, "to_proto_message", None)
    if declare is None:
        raise ConfigurationError(
            f"{cls} has no fields. Add the method to_proto_message(), which returns a list of "
            "them, for example [{'name': 'id', 'type': 'int32'}]."
        )
    for value in declare():
        yield declared_field(f"{cls}.to_proto_message()", value, nest)


def _travels(field: DRFField, side: Side) -> bool:
    if isinstance(field, fields.HiddenField):
        return False
    if side is Side.REQUEST:
        return not field.read_only or is_primary_key(field)
    return side is Side.BOTH or not field.write_only


def _label(field: DRFField, side: Side, label: FieldCardinality) -> FieldCardinality:
    if label is FieldCardinality.REPEATED:
        return label
    if side is Side.RESPONSE:  # what a client gets is there, unless it is null
        optional = bool(label) or field.allow_null or source_of(field).nullable
    else:
        optional = field.allow_null or not field.required or field.default is not fields.empty
    return FieldCardinality.OPTIONAL if optional else FieldCardinality.NONE


def _proto_type(field: DRFField, nest: Nest) -> ProtoType:
    match field:
        case serializers.ListSerializer(child=serializers.BaseSerializer() as child):
            return ProtoType(nest(child), FieldCardinality.REPEATED)
        case serializers.BaseSerializer():
            return ProtoType(nest(field))
        case fields.ListField(child=serializers.ListSerializer()):
            pass  # repeated cannot be repeated: the inner list is a value
        case fields.ListField(child=serializers.BaseSerializer() as child):
            return ProtoType(nest(child), FieldCardinality.REPEATED)
    if not getattr(field, "proto_type", None):
        if isinstance(field, fields.SerializerMethodField):
            return _annotated(getattr(field.parent, field.method_name), nest)
        if isinstance(field, fields.ReadOnlyField):
            return _read_only(field, nest)
    label = FieldCardinality.REPEATED if isinstance(field, LISTS) else FieldCardinality.NONE
    wire = wire_type(field)
    return ProtoType(wire.proto, label, wire.accepts)


def _read_only(field: DRFField, nest: Nest) -> ProtoType:
    source = source_of(field)
    if isinstance(source.column, models.Field):
        wire = column_type(source.column)
        return ProtoType(wire.proto, accepts=wire.accepts)
    function = computed_by(source.model, source.name) if source.model else None
    if function is None:
        raise ConfigurationError(
            f"{type(field.parent).__name__}.{field.field_name} is read from {field.source!r}, "
            "which is neither a field nor a property of the model, so its type is unknown. "
            f"Declare it: {field.field_name} = serializers.IntegerField(read_only=True), for "
            "example."
        )
    return _annotated(function, nest)


def _annotated(function: Callable[..., Any], nest: Nest) -> ProtoType:
    proto, label, accepts = return_type(function)
    return ProtoType(proto if isinstance(proto, str) else nest(proto()), label, accepts)


def _declared_type(owner: str, value: Any, nest: Nest) -> ProtoType:
    if isinstance(value, str):
        label, _, name = value.strip().partition(" ")
        if label in LABELS:  # "repeated string"
            return ProtoType(name.strip(), LABELS[label])
        return ProtoType(value.strip())
    try:
        proto, declared = annotation_type(value)
    except ConfigurationError as exc:
        raise ConfigurationError(f"{owner}: {exc}") from exc
    return ProtoType(proto if isinstance(proto, str) else nest(proto(), proto.__name__), declared)
