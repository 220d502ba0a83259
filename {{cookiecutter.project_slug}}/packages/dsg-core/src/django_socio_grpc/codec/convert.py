"""Values of one field of a message, by its descriptor: of any type, repeated, or a map."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from django.conf import settings
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import FieldDescriptorProto
from google.protobuf.message import Message
from rest_framework.fields import DictField, ListField, SerializerMethodField
from rest_framework.serializers import ListSerializer, Serializer

from django_socio_grpc.codec.enums import enum_encoder, key_decoder, key_encoder, sends_null
from django_socio_grpc.codec.oneofs import choose, oneofs_of
from django_socio_grpc.exceptions import EnumProtoMismatchError
from django_socio_grpc.schema.computed import return_type
from django_socio_grpc.schema.enums import enum_of
from django_socio_grpc.schema.hints import VALUE
from django_socio_grpc.schema.map_values import MAP_VALUES
from django_socio_grpc.schema.proto_types import TIMESTAMP
from django_socio_grpc.schema.values import PROTO_VALUES, decode_local_timestamp

Convert: TypeAlias = Callable[[Any], Any]

HOLDERS = (ListSerializer, ListField, DictField)


class CodecError(ValueError):
    """A value does not fit its field in the message."""


class EnumCodecError(CodecError, EnumProtoMismatchError):
    """A row has a value that the enum of its field has not."""


def proto_type(field: FieldDescriptor) -> str:
    """Return ``int32`` for a scalar, the full name for a message or an enum."""
    if field.message_type is not None:
        return field.message_type.full_name
    if field.enum_type is not None:
        return field.enum_type.full_name
    number: Any = field.type
    return FieldDescriptorProto.Type.Name(number).removeprefix("TYPE_").lower()


def descriptor_of(message_class: type[Message]) -> Descriptor:
    descriptor: Any = message_class.DESCRIPTOR
    return descriptor  # type: ignore[no-any-return]


def message_type(field: FieldDescriptor) -> Descriptor:
    """Return the descriptor of the messages that ``field`` holds."""
    assert field.message_type is not None, f"{field.full_name} holds no messages"
    return field.message_type


def is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def is_plain_message(field: FieldDescriptor) -> bool:
    """Whether ``field`` holds a message that is not, as Struct, the type of a value."""
    message = field.message_type
    return message is not None and message.full_name not in PROTO_VALUES and not is_map(field)


def holds_enums(descriptor: Descriptor, _within: frozenset[str] = frozenset()) -> bool:
    """Whether a field of the message, or of a message in it, is of an enum."""
    within = _within | {descriptor.full_name}
    return any(
        field.enum_type is not None
        or (
            (inner := field.message_type) is not None
            and inner.full_name not in within
            and holds_enums(inner, within)
        )
        for field in descriptor.fields
    )


class DataEncoder:
    """Turns a dict, as DRF's ``.data`` is, into the keyword arguments of a message.

    Keys that the message has not are left out, and so is None: proto3 has no null, absence is
    how it travels; but an enum may have a number for it. The fields are compiled when first used,
    for a message may hold itself.
    ``serializer``, where there is one, tells which enums the values are of.
    """

    def __init__(self, descriptor: Descriptor, serializer: Any = None) -> None:
        self._descriptor = descriptor
        self._serializer = serializer
        self._oneofs = oneofs_of(descriptor)
        self._fields: dict[str, Convert] = {}
        self._nulls: frozenset[str] = frozenset()

    def __call__(self, data: Any) -> Any:
        if isinstance(data, Message):
            return data
        converters = self._fields or self._compile()
        values = {}
        for name, value in data.items():
            convert = converters.get(name)
            if convert is not None and (value is not None or name in self._nulls):
                try:
                    values[name] = convert(value)
                except (TypeError, ValueError, AttributeError) as exc:
                    raise self._error(name, value, exc) from exc
        if self._oneofs:
            choose(values, self._oneofs)
        return values

    def build(self, message_class: type[Message], data: Any) -> Message:
        """Return the message of ``data``.

        Raises:
            CodecError: a value does not fit; the text names the field and the value.
        """
        if isinstance(data, Message):
            return data
        if not isinstance(data, Mapping):
            raise CodecError(
                f"{self._descriptor.full_name} cannot carry {data!r:.100}: a message is made from "
                "a dict. Let to_representation() return one."
            )
        values = self(data)
        try:
            return message_class(**values)
        except (TypeError, ValueError) as exc:
            for name, value in values.items():
                try:
                    message_class(**{name: value})
                except (TypeError, ValueError) as reason:
                    raise self._error(name, data[name], reason) from exc
            raise

    def _compile(self) -> dict[str, Convert]:
        sources = getattr(self._serializer, "fields", {})
        self._nulls = frozenset(
            field.name
            for field in self._descriptor.fields
            if field.enum_type is not None
            and field.name in sources
            and sends_null(field, enum_of(sources[field.name]))
        )
        self._fields = {
            field.name: field_encoder(field, sources.get(field.name))
            for field in self._descriptor.fields
        }
        return self._fields

    def _error(self, name: str, value: Any, reason: Exception) -> CodecError:
        if isinstance(reason, CodecError):
            return reason
        kind = EnumCodecError if isinstance(reason, EnumProtoMismatchError) else CodecError
        field = self._descriptor.fields_by_name[name]
        label = "repeated " if field.is_repeated else ""
        return kind(
            f"{field.full_name} is {label}{proto_type(field)} and cannot carry {value!r:.100}: "
            f"{str(reason).rstrip('.'):.200}. Change what the serializer's field {name!r} "
            "represents, or its type in the contract."
        )


def field_encoder(field: FieldDescriptor, source: Any = None) -> Convert:
    """Return what turns a representation, never None, into the wire form for ``field``.

    ``source`` is the field of the serializer, bound to it.
    """
    if is_map(field):
        parts = message_type(field).fields_by_name
        key, value_type = _item_encoder(parts["key"]), proto_type(parts["value"])
        value = MAP_VALUES.get(value_type) or _item_encoder(parts["value"], source)
        if value_type == VALUE:  # the one that can be null
            return lambda items: {key(name): value(item) for name, item in items.items()}
        return lambda items: {
            key(name): value(item) for name, item in items.items() if item is not None
        }
    item_encoder = _item_encoder(field, source)
    if not field.is_repeated:
        return item_encoder

    def encode_items(items: Iterable[Any]) -> list[Any]:
        if isinstance(items, str | bytes | Mapping):
            raise TypeError(f"{type(items).__name__} is not a list.")
        return [item_encoder(item) for item in items]

    return encode_items


def _item_encoder(field: FieldDescriptor, source: Any = None) -> Convert:
    if field.enum_type is not None:
        cls = None if source is None else enum_of(source)
        return key_encoder(field.enum_type) if cls is None else enum_encoder(cls, field.enum_type)
    value = PROTO_VALUES.get(proto_type(field))
    if value is not None:
        return value.encode
    return DataEncoder(message_type(field), nested_serializer(source))


def nested_serializer(field: Any) -> Any:
    """Return the serializer of what ``field`` holds, if it has fields and is known."""
    if isinstance(field, SerializerMethodField):
        proto = return_type(getattr(field.parent, field.method_name)).proto
        return proto() if isinstance(proto, type) and issubclass(proto, Serializer) else None
    inner = field.child if isinstance(field, HOLDERS) else field
    return inner if isinstance(inner, Serializer) else None


def field_decoder(field: FieldDescriptor) -> Convert:
    """Return what turns the value of ``field`` into what DRF's fields take."""
    if is_map(field):
        decode_value = _item_decoder(message_type(field).fields_by_name["value"])
        return lambda items: {key: decode_value(items[key]) for key in items}
    decode = _item_decoder(field)
    return (lambda items: [decode(item) for item in items]) if field.is_repeated else decode


def _item_decoder(field: FieldDescriptor) -> Convert:
    if field.enum_type is not None:
        return key_decoder(field.enum_type)
    name = proto_type(field)
    if name == TIMESTAMP and not settings.USE_TZ:
        return decode_local_timestamp
    value = PROTO_VALUES.get(name)
    return value.decode if value is not None else decode_message


def decode_message(message: Message) -> dict[str, Any]:
    """Return ``message``, of which no serializer is known, as a dict without what is not set."""
    return {
        field.name: field_decoder(field)(getattr(message, field.name))
        for field in descriptor_of(type(message)).fields
        if not field.has_presence or message.HasField(field.name)
    }
