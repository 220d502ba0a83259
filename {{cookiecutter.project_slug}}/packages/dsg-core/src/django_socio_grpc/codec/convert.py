"""Values of one field of a message, by its descriptor: of any type, repeated, or a map."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import FieldDescriptorProto
from google.protobuf.message import Message

from django_socio_grpc.schema.values import PROTO_VALUES

Convert: TypeAlias = Callable[[Any], Any]


class CodecError(ValueError):
    """A value does not fit its field in the message."""


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


class DataEncoder:
    """Turns a dict, as DRF's ``.data`` is, into the keyword arguments of a message.

    Keys that the message has not are left out, and so is None: proto3 has no null, absence is
    how it travels. The fields are compiled when first used, for a message may hold itself.
    """

    def __init__(self, descriptor: Descriptor) -> None:
        self._descriptor = descriptor
        self._fields: dict[str, Convert] = {}

    def __call__(self, data: Any) -> Any:
        if isinstance(data, Message):
            return data
        converters = self._fields or self._compile()
        values = {}
        for name, value in data.items():
            convert = converters.get(name)
            if convert is not None and value is not None:
                try:
                    values[name] = convert(value)
                except (TypeError, ValueError, AttributeError) as exc:
                    raise self._error(name, value, exc) from exc
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
        self._fields = {field.name: field_encoder(field) for field in self._descriptor.fields}
        return self._fields

    def _error(self, name: str, value: Any, reason: Exception) -> CodecError:
        if isinstance(reason, CodecError):
            return reason
        field = self._descriptor.fields_by_name[name]
        label = "repeated " if field.is_repeated else ""
        return CodecError(
            f"{field.full_name} is {label}{proto_type(field)} and cannot carry {value!r:.100}: "
            f"{reason!s:.200} Change what the serializer's field {name!r} represents, or its type "
            "in the contract."
        )


def field_encoder(field: FieldDescriptor) -> Convert:
    """Return what turns a representation, never None, into the wire form for ``field``."""
    if is_map(field):
        parts = message_type(field).fields_by_name
        key, value = _item_encoder(parts["key"]), _item_encoder(parts["value"])
        return lambda items: {key(name): value(item) for name, item in items.items()}
    item_encoder = _item_encoder(field)
    if not field.is_repeated:
        return item_encoder

    def encode_items(items: Iterable[Any]) -> list[Any]:
        if isinstance(items, str | bytes | Mapping):
            raise TypeError(f"{type(items).__name__} is not a list.")
        return [item_encoder(item) for item in items]

    return encode_items


def _item_encoder(field: FieldDescriptor) -> Convert:
    if field.enum_type is not None:
        return _enum_encoder(field.enum_type)
    value = PROTO_VALUES.get(proto_type(field))
    return value.encode if value is not None else DataEncoder(message_type(field))


def _enum_encoder(enum: EnumDescriptor) -> Convert:
    numbers = {value.name: value.number for value in enum.values}

    def encode(value: Any) -> int:
        if not isinstance(value, str):
            return int(value)
        if value not in numbers:
            raise ValueError(f"{enum.full_name} has only {', '.join(numbers)}.")
        return numbers[value]

    return encode


def field_decoder(field: FieldDescriptor) -> Convert:
    """Return what turns the value of ``field`` into what DRF's fields take."""
    if is_map(field):
        decode_value = _item_decoder(message_type(field).fields_by_name["value"])
        return lambda items: {key: decode_value(items[key]) for key in items}
    decode = _item_decoder(field)
    return (lambda items: [decode(item) for item in items]) if field.is_repeated else decode


def _item_decoder(field: FieldDescriptor) -> Convert:
    if field.enum_type is not None:
        names = {value.number: value.name for value in field.enum_type.values}
        return lambda number: names.get(number, number)
    value = PROTO_VALUES.get(proto_type(field))
    return value.decode if value is not None else decode_message


def decode_message(message: Message) -> dict[str, Any]:
    """Return ``message``, of which no serializer is known, as a dict without what is not set."""
    return {
        field.name: field_decoder(field)(getattr(message, field.name))
        for field in descriptor_of(type(message)).fields
        if not field.has_presence or message.HasField(field.name)
    }
