"""Messages of a contract, as data and as what plugins change: from the one to the other."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from django_socio_grpc.exceptions import ProtoRegistrationError
from django_socio_grpc.protobuf.proto_classes import (
    Comment,
    ProtoEnum,
    ProtoField,
    ProtoMessage,
)
from django_socio_grpc.schema.fields import comment_text
from django_socio_grpc.schema.model import FieldSpec, MessageSpec, Side
from django_socio_grpc.schema.proto_types import map_parts


def to_message(
    name: str, specs: Mapping[str, MessageSpec], made: dict[str, ProtoMessage]
) -> ProtoMessage:
    """Return the message called ``name``, and within it those that it holds.

    One that is not in ``specs`` is a reference. ``made`` are those that there are, by name: a
    message may hold itself.
    """
    if name in made:
        return made[name]
    spec = specs.get(name)
    if spec is None:
        made[name] = ProtoMessage(name, is_reference=True)
        return made[name]
    message = ProtoMessage(
        name, comments=spec.comment or None, serializer=spec.serializer, spec=spec
    )
    made[name] = message
    message.fields = [
        ProtoField(
            name=field.name,
            field_type=to_message(field.type, specs, made) if field.type in specs else field.type,
            cardinality=field.cardinality,
            comments=field.comment or None,
            spec=field,
        )
        for field in spec.fields
    ]
    values = {parts[1] for field in spec.fields if (parts := map_parts(field.type))}
    message.in_maps = [to_message(value, specs, made) for value in sorted(values & specs.keys())]
    return message


def to_specs(owner: str, message: ProtoMessage, side: Side) -> Iterator[MessageSpec]:
    """Yield what ``message``, of the action ``owner``, is, and what it holds, each once.

    Raises:
        ProtoRegistrationError: a message has become what none can be.
    """
    for held in message.walk():
        if not held.is_reference:
            yield _spec(owner, held, side)
        elif held.fields:
            raise ProtoRegistrationError(
                f"{owner}: {held.name} is defined elsewhere and cannot get the field "
                f"{held.fields[0].name!r}. Declare the message in the action: a serializer or a "
                "list of fields."
            )


def _spec(owner: str, message: ProtoMessage, side: Side) -> MessageSpec:
    spec = message.spec or MessageSpec(
        name=message.name,
        serializers=() if message.serializer is None else (message.serializer,),
        side=side,
    )
    return replace(
        spec,
        name=message.name,
        fields=tuple(_field(owner, message, field) for field in message.fields),
        comment=_text(message.comments),
    )


def _field(owner: str, message: ProtoMessage, field: ProtoField) -> FieldSpec:
    kind = field.field_type
    type_name = kind.name if isinstance(kind, ProtoMessage) else kind
    if isinstance(kind, ProtoEnum):
        spec = kind.field_spec(message.name, field.name)
        return replace(spec, cardinality=field.cardinality, comment=_text(field.comments))
    if not isinstance(type_name, str):
        raise ProtoRegistrationError(
            f"{owner}: the field_type of {message.name}.{field.name} is {kind!r}. Give the name "
            "of a type, such as 'string', or a ProtoMessage."
        )
    spec = field.spec or FieldSpec(name=field.name, type=type_name)
    if spec.type != type_name and not isinstance(kind, ProtoMessage):
        # What the serializer's field could be says nothing of the type that it was given.
        spec = replace(spec, accepts=frozenset(), enum=None)
    return replace(
        spec,
        name=field.name,
        type=type_name,
        cardinality=field.cardinality,
        comment=_text(field.comments),
    )


def _text(comment: Comment) -> str:
    return comment_text(list(comment) if comment and not isinstance(comment, str) else comment)
