"""Enums of the contract: made of the enum that an annotation names, put where a plugin says."""

import enum
import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from rest_framework import fields

from django_socio_grpc.exceptions import ProtoRegistrationError
from django_socio_grpc.schema.annotations import EnumClass, annotated_enum, annotated_text
from django_socio_grpc.schema.model import EnumSpec, EnumValue, FieldSpec, MessageSpec
from django_socio_grpc.schema.names import is_identifier
from django_socio_grpc.schema.proto_types import names_in
from django_socio_grpc.schema.sources import source_of

WRAPPED = "Enum"
"""What an enum is called in a message that has its name."""

KEY = re.compile(r"[A-Z][A-Z0-9_]*")


class ProtoEnumLocations(enum.Enum):
    """Where an enum is: at the top of the contract, or in the message whose field it is of."""

    GLOBAL = "global"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumPlacement:
    """Where the enums of an action's messages go.

    ``wrapped`` enums are each in a message of their own, for in a scope no two enums may share a
    key. With ``plain_choices`` text choices without an annotation become enums as well.
    """

    location: ProtoEnumLocations = ProtoEnumLocations.GLOBAL
    wrapped: bool = True
    plain_choices: bool = False


def enum_of(field: Any) -> EnumClass | None:
    """Return the enum whose members ``field``, bound to its serializer, carries, if it is told.

    The annotation of the serializer's field tells it, else that of the model's.

    Raises:
        ProtoRegistrationError: the annotation names none, or one with other values.
    """
    if field.parent is None or not field.field_name:  # the child of a list
        return None
    needed = _choices(field) is not None
    found = annotated_enum(type(field.parent), field.field_name, needed=needed)
    if found is None and needed:
        source = source_of(field)
        found = annotated_enum(source.model, source.name) if source.model else None
    if found is not None:
        _check_choices(field, found)
    return found


def enum_spec(owner: str, cls: EnumClass) -> EnumSpec:
    """Return the enum of the members of ``cls``, whose first value nobody has put in yet.

    Raises:
        ProtoRegistrationError: the name of ``cls`` or of a member is not ASCII.
    """
    for name in (cls.__name__, *(member.name for member in cls)):
        if not is_identifier(name):
            raise ProtoRegistrationError(
                f"{owner}: {name!r} of {cls.__qualname__} cannot be in a contract. Use ASCII "
                "letters, digits and underscores."
            )
    return EnumSpec(
        name=cls.__name__,
        values=tuple(
            EnumValue(member.name, number, annotated_text(cls, member.name))
            for number, member in enumerate(cls, 1)
        ),
        comment=inspect.cleandoc(vars(cls).get("__doc__") or ""),
    )


def choices_spec(field: Any) -> EnumSpec | None:
    """Return the enum of a field whose choices look like keys: ``"NOVEL"``; else None."""
    choices = list(_choices(field) or ())
    if not choices or not all(isinstance(key, str) and KEY.fullmatch(key) for key in choices):
        return None
    owner = type(field.parent).__name__.removesuffix("Serializer")
    name = owner + "".join(word.capitalize() for word in field.field_name.split("_"))
    values = tuple(EnumValue(key, number) for number, key in enumerate(choices, 1))
    return EnumSpec(name=f"{name}Enum", values=values, annotated=False)


def placed(field: FieldSpec, message: str, placement: EnumPlacement) -> FieldSpec:
    """Return ``field`` of the message ``message`` with its enum, if it has one, as its type.

    An existing contract may have the enum elsewhere, or the values themselves.
    """
    if field.enum is None or not (field.enum.annotated or placement.plain_choices):
        return field
    name = field.enum.name
    in_message = placement.location is ProtoEnumLocations.MESSAGE
    scopes = {False: name, True: f"{message}.{name}"}
    proto = _enum_name(scopes[in_message], placement.wrapped)
    others = {_enum_name(scope, wrapped) for scope in scopes.values() for wrapped in (True, False)}
    return replace(field, type=proto, accepts=(field.accepts | {field.type} | others) - {proto})


def enums_of(messages: Iterable[MessageSpec]) -> Iterator[EnumSpec]:
    """Yield each enum that is the type of a field, by its full name.

    Raises:
        ProtoRegistrationError: two enums of one name have different keys.
    """
    found: dict[str, tuple[str, EnumSpec]] = {}
    for message in messages:
        for field in message.fields:
            if field.enum is None or not any(names_in(field.type)):
                continue
            owner = f"{message.name}.{field.name}"
            spec = replace(field.enum, name=field.type, values=_with_zero(field.enum, field.type))
            other, known = found.setdefault(spec.name, (owner, spec))
            if _text(known) != _text(spec):
                raise ProtoRegistrationError(
                    f"{owner} and {other} both have an enum {field.enum.name}, with different "
                    f"values: {_text(spec)}, and {_text(known)}. Rename one of the classes, or "
                    "put them in their messages with InMessageWrappedEnumGenerationPlugin."
                )
    yield from (spec for _, spec in found.values())


def _enum_name(scope: str, wrapped: bool) -> str:
    return f"{scope}.{WRAPPED}" if wrapped else scope


def _with_zero(spec: EnumSpec, full_name: str) -> tuple[EnumValue, ...]:
    """The values with that of the number 0, which proto3 wants to be the first."""
    wrapped = full_name.endswith(f"{spec.name}.{WRAPPED}")
    stem = WRAPPED if wrapped else re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", spec.name)
    zero = EnumValue(f"{stem.upper()}_UNSPECIFIED", 0)
    others = [value for value in spec.values if value.key != zero.key]
    return (zero, *others)


def _text(spec: EnumSpec) -> str:
    return ", ".join(value.key for value in spec.values)


def _choices(field: Any) -> Any:
    """The choices of a field, or of the elements of a list."""
    inner = field.child if isinstance(field, fields.ListField) else field
    return inner.choices if isinstance(inner, fields.ChoiceField) else None


def _check_choices(field: Any, cls: EnumClass) -> None:
    known = {member.value for member in cls}
    unknown = [c for c in _choices(field) or () if c not in known and c not in (None, "")]
    if unknown:
        raise ProtoRegistrationError(
            f"{type(field.parent).__name__}.{field.field_name} has the choices "
            f"{', '.join(map(repr, unknown))}, which {cls.__qualname__}, the enum of its "
            f"annotation, has not. Declare it with choices={cls.__name__}."
        )
