"""One field of a serializer, or of a list that an action declares -> ``FieldSpec``."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from rest_framework import fields, serializers

from django_socio_grpc.actions import check_field_dict
from django_socio_grpc.exceptions import ProtoRegistrationError
from django_socio_grpc.schema.enums import EnumPlacement, placed
from django_socio_grpc.schema.field_types import (
    LABELS,
    Nest,
    ProtoType,
    Serializer,
    declared_type,
    field_type,
)
from django_socio_grpc.schema.instances import fields_of
from django_socio_grpc.schema.model import FieldCardinality, FieldSpec, Side
from django_socio_grpc.schema.names import is_identifier
from django_socio_grpc.schema.oneofs import declared_oneofs
from django_socio_grpc.schema.proto_types import map_parts
from django_socio_grpc.schema.sources import is_primary_key, source_of
from django_socio_grpc.schema.types import AnyField


def serializer_fields(serializer: Serializer, side: Side, nest: Nest) -> Iterator[FieldSpec]:
    """Yield what the message of ``serializer`` for ``side`` holds, in the serializer's order.

    Raises:
        ConfigurationError: a field cannot be in a message, or the serializer needs a call to
            tell which it has.
    """
    owner = type(serializer).__name__
    if not isinstance(serializer, serializers.Serializer):
        yield from _own_fields(serializer, nest)
        return
    _check_asked_types(owner, serializer)
    found = {n: field for n, field in fields_of(serializer).items() if _travels(field, side)}
    oneofs = declared_oneofs(serializer, found, side)
    for name, field in found.items():
        if declare := getattr(field, "to_field_dict", None):  # a ProtoFieldConvertible
            yield declared_field(f"{owner}.{name}", declare(), nest)
            continue
        proto = field_type(field, nest)
        oneof = oneofs.get(name, "")
        yield _spec(
            f"{owner}.{name}",
            name=name,
            type=proto.name,
            cardinality=_label(field, side, proto, oneof),
            comment=comment_text(field.help_text),
            accepts=proto.accepts,
            enum=proto.enum,
            oneof=oneof,
        )


def _check_asked_types(owner: str, serializer: serializers.Serializer[Any]) -> None:
    asked = getattr(getattr(serializer, "Meta", None), "proto_types", {})
    for name in sorted(asked.keys() - fields_of(serializer).keys()):
        raise ProtoRegistrationError(
            f"{owner}.Meta.proto_types has {name!r}, which is not a field of the serializer. "
            f"There are: {', '.join(serializer.fields)}."
        )


def declared_field(owner: str, value: Any, nest: Nest) -> FieldSpec:
    """Return the field that an action, ``owner``, declares by a dict.

    Raises:
        ConfigurationError: it is not a dict with a name, a type and a known label.
    """
    check_field_dict(owner, value)
    owner = f"{owner}: the field {value['name']!r}"
    proto = declared_type(owner, value["type"], nest)
    label = value.get("cardinality") or proto.label
    oneof = value.get("oneof", "")
    if label and label not in LABELS:
        raise ProtoRegistrationError(
            f"{owner} has the cardinality {label!r}. Give one of "
            f"{', '.join(repr(known) for known in LABELS)}, or none."
        )
    if label and (oneof or map_parts(proto.name)):
        raise ProtoRegistrationError(
            f"{owner} is {f'in the oneof {oneof}' if oneof else 'a map'}, and has the "
            f"cardinality {label!r}. Leave the cardinality out."
        )
    spec = _spec(
        owner,
        name=value["name"],
        type=proto.name,
        cardinality=FieldCardinality(label),
        comment=comment_text(value.get("comment")),
        accepts=frozenset(value.get("accepts", ())),
        enum=proto.enum,
        oneof=oneof,
    )
    if proto.enum is None:
        return spec
    # A contract may not have the values themselves: the action's code expects the enum.
    return replace(placed(spec, "", EnumPlacement()), accepts=frozenset())


def comment_text(value: Any) -> str:
    """Return a comment as text; it may be None, lazily translated, or a list of lines."""
    lines = value if isinstance(value, list | tuple) else [value or ""]
    return "\n".join(str(line) for line in lines)


def _spec(owner: str, *, name: str, **values: Any) -> FieldSpec:
    if not is_identifier(name):
        raise ProtoRegistrationError(
            f"{owner} cannot be a field of a message. Use ASCII letters, digits and underscores."
        )
    if not is_identifier(values["oneof"] or name):
        raise ProtoRegistrationError(
            f"{owner} is in {values['oneof']!r}, which cannot be the name of a oneof. Use ASCII "
            "letters, digits and underscores."
        )
    return FieldSpec(name=name, **values)


def _own_fields(serializer: Serializer, nest: Nest) -> Iterator[FieldSpec]:
    cls = type(serializer).__name__
    declare = getattr(serializer, "to_proto_message", None)
    if declare is None:
        raise ProtoRegistrationError(
            f"{cls} has no fields. Add the method to_proto_message(), which returns a list of "
            "them, for example [{'name': 'id', 'type': 'int32'}]."
        )
    for value in declare():
        yield declared_field(f"{cls}.to_proto_message()", value, nest)


def _travels(field: AnyField, side: Side) -> bool:
    if isinstance(field, fields.HiddenField):
        return False
    if side is Side.REQUEST:
        return not field.read_only or is_primary_key(field)
    return side is Side.BOTH or not field.write_only


def _label(field: AnyField, side: Side, proto: ProtoType, oneof: str) -> FieldCardinality:
    if proto.label is FieldCardinality.REPEATED:
        return proto.label
    if oneof or map_parts(proto.name):  # neither takes a label
        return FieldCardinality.NONE
    if side is Side.RESPONSE:  # what a client gets is there, unless it is null
        optional = bool(proto.label) or field.allow_null or source_of(field).nullable
    else:
        optional = field.allow_null or not field.required or field.default is not fields.empty
    return FieldCardinality.OPTIONAL if optional else FieldCardinality.NONE
