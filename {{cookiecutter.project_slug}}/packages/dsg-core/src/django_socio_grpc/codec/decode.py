"""Messages to data: what DRF's ``data=`` takes, and what it is told of a field that is not set."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import Error as JSONError
from google.protobuf.message import Message
from rest_framework.exceptions import ValidationError
from rest_framework.fields import empty
from rest_framework.serializers import BaseSerializer, Serializer
from rest_framework.settings import api_settings

from django_socio_grpc.codec.absence import Absent, Listed, absent, listed, presence, zero
from django_socio_grpc.codec.convert import (
    HOLDERS,
    Convert,
    descriptor_of,
    field_decoder,
    is_map,
    is_plain_message,
    message_type,
    proto_type,
)
from django_socio_grpc.codec.enums import enum_decoder
from django_socio_grpc.codec.prototypes import prototype_of
from django_socio_grpc.codec.static import is_stock
from django_socio_grpc.exceptions import EnumProtoMismatchError
from django_socio_grpc.protobuf.json_format import message_to_dict
from django_socio_grpc.schema.annotations import EnumClass
from django_socio_grpc.schema.enums import enum_of
from django_socio_grpc.schema.messages import PARTIAL_UPDATE_FIELDS
from django_socio_grpc.schema.oneofs import cleared
from django_socio_grpc.schema.types import AnyField, takes_bytes, wire_type
from django_socio_grpc.schema.values import BYTES_TYPES, SIGNED, base64_of, unchanged

Decode: TypeAlias = Callable[..., dict[str, Any]]
"""Takes a message and, as a keyword, ``partial``."""


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
    listed: Listed


class Decoder:
    """Decodes messages of one class for one serializer.

    ``updating`` tells whether the serializer has an instance: then null is what a nullable field
    becomes that is not set, and a default is for new objects only.
    """

    def __init__(
        self,
        fields: Mapping[str, AnyField],
        descriptor: Descriptor,
        *,
        updating: bool,
        nested: bool = False,
    ) -> None:
        self._message_name = descriptor.full_name
        self._takes_partial = PARTIAL_UPDATE_FIELDS in descriptor.fields_by_name
        self._known = {*fields, *descriptor.fields_by_name}
        shared = {name: fields[name] for name in fields if name in descriptor.fields_by_name}
        self._writable = [name for name, field in shared.items() if not field.read_only]
        self._fields = [
            _field(field, descriptor.fields_by_name[name], updating, nested)
            for name, field in shared.items()
        ]
        self._oneofs = [
            (oneof.name, values)
            for oneof in descriptor.oneofs
            if (values := _cleared(shared, oneof.fields))
        ]

    def decode(
        self, message: Message, *, partial: bool = False, serializer: Any = None
    ) -> dict[str, Any]:
        """Return the data of ``message``. A partial update needs the ``serializer`` that asks.

        Raises:
            ValidationError: a field holds what its type cannot carry, a date of year 0 or a
                number that its enum has not; or ``partial``, and the message cannot say which
                fields it is about, or names one that there is not.
        """
        names = self._listed(message) if partial else None
        data = {}
        for field in self._fields:
            if names is not None and field.name not in names:
                continue
            if field.is_set is None or field.is_set(message):
                try:
                    data[field.name] = field.decode(getattr(message, field.name))
                except (ValidationError, ValueError, OverflowError) as exc:
                    raise _refused(field.name, exc) from exc
                continue
            value = field.absent() if names is None else field.listed(serializer)
            if value is not empty:
                data[field.name] = value
        for oneof, fields in self._oneofs:
            chosen = message.WhichOneof(oneof)
            if chosen in data:
                data.update((name, value) for name, value in fields.items() if name != chosen)
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
        names = frozenset(getattr(message, PARTIAL_UPDATE_FIELDS))
        if not names <= self._known:
            unknown = ", ".join(map(repr, sorted(names - self._known)))
            known = ", ".join(self._writable) or "none"
            reason = f"There is no field {unknown:.100}. Those to update are: {known}."
            raise ValidationError({PARTIAL_UPDATE_FIELDS: [reason]}, code="unknown_field")
        return names


class EnumNumberError(ValidationError, EnumProtoMismatchError):
    """A message has a number that its enum has not. It is the client's fault."""


def _refused(name: str, exc: Exception) -> ValidationError:
    """What a field that cannot be decoded is to the client: an error of that field."""
    detail = exc.detail if isinstance(exc, ValidationError) else [str(exc)]
    kind = EnumNumberError if isinstance(exc, EnumProtoMismatchError) else ValidationError
    return kind({name: detail}, code="invalid")


def _cleared(fields: Mapping[str, AnyField], oneof: Sequence[FieldDescriptor]) -> dict[str, Any]:
    """What each field of a oneof becomes when another of them is set."""
    names = [field.name for field in oneof if field.name in fields] if len(oneof) > 1 else []
    values = {name: cleared(fields[name]) for name in names}
    return {name: value for name, value in values.items() if value is not empty}


def decoder(
    serializer: BaseSerializer[Any], message_class: type[Message], *, updating: bool
) -> Decode:
    """Return what decodes messages of ``message_class`` for ``serializer``.

    It is compiled once, if it is the same for every serializer of the class.
    """
    if not isinstance(serializer, Serializer):
        return _json_of
    compiled = _decoder_of(serializer, message_class, updating)
    return functools.partial(compiled.decode, serializer=serializer)


def _json_of(message: Message, *, partial: bool = False) -> dict[str, Any]:
    """The data for a serializer without fields, which knows nothing of types but JSON's."""
    try:
        return message_to_dict(message)
    except (ValueError, JSONError) as exc:  # a time that JSON cannot tell, or a NaN in a Struct
        raise ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [str(exc)]}) from exc


def _decoder_of(
    serializer: Serializer[Any], message_class: type[Message], updating: bool
) -> Decoder:
    cls, descriptor = type(serializer), descriptor_of(message_class)
    changed = "fields" in vars(serializer) and not is_stock(cls, "__init__")
    prototype = None if changed else prototype_of(serializer)
    if prototype is None:
        return Decoder(serializer.fields, descriptor, updating=updating)
    key = (Decoder, message_class, updating)
    if key not in prototype.compiled:
        prototype.compiled[key] = Decoder(prototype.fields, descriptor, updating=updating)
    decoder: Decoder = prototype.compiled[key]
    return decoder


def _field(field: Any, descriptor: FieldDescriptor, updating: bool, nested: bool) -> FieldDecoder:
    cls = enum_of(field) if descriptor.enum_type is not None else None
    decode = _nested(field, descriptor, updating) or _decoder(field, descriptor, cls)
    nothing = zero(field, descriptor, cls, decode)
    return FieldDecoder(
        name=descriptor.name,
        decode=decode,
        is_set=presence(descriptor, cls),
        # Whether a nested row is new is up to code: what it can do without, it is not told.
        absent=_nothing
        if nested and updating and not field.required
        else absent(field, nothing, updating),
        listed=listed(field, nothing),
    )


def _nothing() -> Any:
    return empty


def _decoder(field: Any, descriptor: FieldDescriptor, cls: EnumClass | None) -> Convert:
    enum_type = descriptor.enum_type
    if enum_type is not None and cls is not None:
        decode = enum_decoder(cls, enum_type)
        return (lambda items: list(map(decode, items))) if descriptor.is_repeated else decode
    if enum_type is not None and wire_type(field).proto in SIGNED:
        return list if descriptor.is_repeated else unchanged  # choices are the enum's numbers
    decode = field_decoder(descriptor)
    if proto_type(_held(descriptor)) in BYTES_TYPES and not takes_bytes(_inner(field)):
        return lambda value: base64_of(decode(value))
    return decode


def _inner(field: Any) -> Any:
    return field.child if isinstance(field, HOLDERS) else field


def _held(descriptor: FieldDescriptor) -> FieldDescriptor:
    return message_type(descriptor).fields_by_name["value"] if is_map(descriptor) else descriptor


def _nested(field: Any, descriptor: FieldDescriptor, updating: bool) -> Convert | None:
    inner, held = _inner(field), _held(descriptor)
    if not isinstance(inner, Serializer) or not is_plain_message(held):
        return None

    @functools.cache  # when first used, for a serializer may hold itself
    def compiled() -> Decode:
        return Decoder(inner.fields, message_type(held), updating=updating, nested=True).decode

    if held is not descriptor:
        return lambda messages: {key: compiled()(messages[key]) for key in messages}
    if descriptor.is_repeated:
        return lambda messages: [compiled()(message) for message in messages]
    return lambda message: compiled()(message)
