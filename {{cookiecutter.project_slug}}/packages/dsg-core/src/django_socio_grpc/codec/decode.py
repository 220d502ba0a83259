"""Messages to data: what DRF's ``data=`` takes, and what it is told of a field that is not set."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.core.signals import setting_changed
from django.db import models
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from rest_framework.exceptions import ValidationError
from rest_framework.fields import Field, ListField, empty
from rest_framework.serializers import BaseSerializer, ListSerializer, Serializer

from django_socio_grpc.codec.convert import (
    Convert,
    decode_message,
    descriptor_of,
    field_decoder,
    is_plain_message,
    message_type,
)
from django_socio_grpc.codec.static import is_static
from django_socio_grpc.schema.messages import PARTIAL_UPDATE_FIELDS
from django_socio_grpc.schema.sources import source_of
from django_socio_grpc.schema.types import wire_type
from django_socio_grpc.schema.values import SIGNED, unchanged

AnyField: TypeAlias = Field[Any, Any, Any, Any]
Decode: TypeAlias = Callable[..., dict[str, Any]]
"""Takes a message and, as a keyword, ``partial``."""
Absent: TypeAlias = Callable[[], Any]
"""Gives the value of a field that is not set; ``empty`` is DRF's word for no value at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDecoder:
    """Reads one field.

    ``is_set`` tells whether the message has it; None if that cannot be told, as of a scalar
    without ``optional``. ``absent`` is for a message that has it not, ``listed`` for one that has
    it not but names it among the fields of a partial update.
    """

    name: str
    decode: Convert
    is_set: Callable[[Message], bool] | None
    absent: Absent
    listed: Absent


class Decoder:
    """Decodes messages of one class for one serializer.

    ``updating`` tells whether the serializer has an instance: then null is what a nullable field
    becomes that is not set, and a default is for new objects only. ``needs_context`` is for
    defaults that look at the serializer's context: the decoder is then good for one call.
    """

    def __init__(
        self, fields: Mapping[str, AnyField], descriptor: Descriptor, *, updating: bool
    ) -> None:
        self._message_name = descriptor.full_name
        self._takes_partial = PARTIAL_UPDATE_FIELDS in descriptor.fields_by_name
        self._known = {*fields, *descriptor.fields_by_name}
        shared = {name: fields[name] for name in fields if name in descriptor.fields_by_name}
        self._writable = [name for name, field in shared.items() if not field.read_only]
        self.needs_context = any(
            getattr(field.default, "requires_context", False) for field in shared.values()
        )
        self._fields = [
            _field(field, descriptor.fields_by_name[name], updating)
            for name, field in shared.items()
        ]

    def decode(self, message: Message, *, partial: bool = False) -> dict[str, Any]:
        """Return the data of ``message``.

        Raises:
            ValidationError: ``partial``, and the message cannot say which fields it is about, or
                names one that there is not.
        """
        listed = self._listed(message) if partial else None
        data = {}
        for field in self._fields:
            if listed is not None and field.name not in listed:
                continue
            if field.is_set is None or field.is_set(message):
                data[field.name] = field.decode(getattr(message, field.name))
                continue
            value = field.absent() if listed is None else field.listed()
            if value is not empty:
                data[field.name] = value
        return data

    def _listed(self, message: Message) -> frozenset[str]:
        if not self._takes_partial:
            reason = (
                f"{self._message_name} has no field {PARTIAL_UPDATE_FIELDS}, which a partial "
                "update needs to say what it updates."
            )
            raise ValidationError(
                {PARTIAL_UPDATE_FIELDS: [reason]}, code="missing_partial_message_attribute"
            )
        listed = frozenset(getattr(message, PARTIAL_UPDATE_FIELDS))
        if not listed <= self._known:
            unknown = ", ".join(map(repr, sorted(listed - self._known)))
            known = ", ".join(self._writable) or "none"
            reason = f"There is no field {unknown:.100}. Those to update are: {known}."
            raise ValidationError({PARTIAL_UPDATE_FIELDS: [reason]}, code="unknown_field")
        return listed


_decoders: dict[tuple[type, type, bool], Decoder] = {}


def decoder(
    serializer: BaseSerializer[Any], message_class: type[Message], *, updating: bool
) -> Decode:
    """Return what decodes messages of ``message_class`` for ``serializer``.

    It is compiled once, if it is the same for every serializer of the class.
    """
    if not isinstance(serializer, Serializer):
        return lambda message, **_: decode_message(message)
    descriptor = descriptor_of(message_class)
    if is_static(type(serializer)):
        key = (type(serializer), message_class, updating)
        if key not in _decoders:
            _decoders[key] = Decoder(type(serializer)().fields, descriptor, updating=updating)
        if not _decoders[key].needs_context:
            return _decoders[key].decode
    return Decoder(serializer.fields, descriptor, updating=updating).decode


def _field(field: Any, descriptor: FieldDescriptor, updating: bool) -> FieldDecoder:
    decode = _nested(field, descriptor, updating) or _decoder(field, descriptor)
    # A message has no zero: where one is needed, DRF tells the client that it is missing.
    zero = empty if descriptor.message_type else decode(descriptor.default_value)
    return FieldDecoder(
        name=descriptor.name,
        decode=decode,
        is_set=_presence(descriptor),
        absent=_absent(field, zero, updating),
        listed=_listed(field, zero),
    )


def _decoder(field: Any, descriptor: FieldDescriptor) -> Convert:
    if descriptor.enum_type is not None and wire_type(field).proto in SIGNED:
        return list if descriptor.is_repeated else unchanged  # choices are the enum's numbers
    return field_decoder(descriptor)


def _nested(field: Any, descriptor: FieldDescriptor, updating: bool) -> Convert | None:
    inner = field.child if isinstance(field, ListSerializer | ListField) else field
    if not isinstance(inner, Serializer) or not is_plain_message(descriptor):
        return None

    @functools.cache  # when first used, for a serializer may hold itself
    def compiled() -> Decode:
        return Decoder(inner.fields, message_type(descriptor), updating=updating).decode

    if descriptor.is_repeated:
        return lambda messages: [compiled()(message) for message in messages]
    return lambda message: compiled()(message)


def _presence(descriptor: FieldDescriptor) -> Callable[[Message], bool] | None:
    name = descriptor.name
    if descriptor.has_presence:
        return lambda message: message.HasField(name)
    if descriptor.enum_type is not None and not descriptor.is_repeated:
        first = descriptor.enum_type.values[0]
        if first.name.endswith("UNSPECIFIED"):
            return lambda message: bool(getattr(message, name))
    return None


def _absent(field: Any, zero: Any, updating: bool) -> Absent:
    """What a field that is not set means, unless the update is partial."""
    if field.read_only:
        return lambda: empty
    if field.allow_null and updating:
        return lambda: None
    if field.allow_null:
        column = source_of(field).column
        if isinstance(column, models.Field) and column.has_default():
            left_out = field.default is empty and not field.required  # and the model decides
            return (lambda: empty) if left_out else column.get_default
    if field.default is not empty:
        return lambda: empty
    if field.allow_null:
        return lambda: None
    return lambda: zero if field.required else empty


def _listed(field: Any, zero: Any) -> Absent:
    """What a field becomes that a partial update names and does not set."""
    default = field.default
    if field.read_only:
        return lambda: empty
    if field.allow_null:
        return lambda: None
    if default is empty:
        return lambda: None if zero is empty else zero
    if not callable(default):
        return lambda: default
    return (lambda: default(field)) if getattr(default, "requires_context", False) else default


def _forget(**_: Any) -> None:
    _decoders.clear()


setting_changed.connect(_forget)
