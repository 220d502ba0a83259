"""The values that an enum has in code, and the numbers that a contract has for them."""

import enum
from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor

from django_socio_grpc.exceptions import EnumProtoMismatchError
from django_socio_grpc.schema.annotations import EnumClass


def enum_encoder(cls: EnumClass, descriptor: EnumDescriptor) -> Callable[[Any], int]:
    """Return what turns a value of ``cls`` into its number; one that is empty is the first, 0.

    It raises EnumProtoMismatchError for a value that ``cls`` or the contract has not.
    """
    numbers = {
        member.value: descriptor.values_by_name[member.name].number
        for member in cls
        if member.name in descriptor.values_by_name
    }

    def encode(value: Any) -> int:
        number = numbers.get(value)
        if number is None:
            if value:
                raise EnumProtoMismatchError(
                    f"{value!r:.100} is none of {cls.__qualname__} that {descriptor.full_name} "
                    f"has: {', '.join(map(repr, numbers))}."
                )
            return 0
        return number

    return encode


def enum_decoder(cls: EnumClass, descriptor: EnumDescriptor) -> Callable[[int], Any]:
    """Return what turns a number into the value of ``cls``.

    It raises EnumProtoMismatchError for a number that ``cls`` or the contract has not.
    """
    members = cls.__members__
    values = {v.number: members[v.name].value for v in descriptor.values if v.name in members}
    keys = ", ".join(f"{v.name} ({v.number})" for v in descriptor.values if v.name in members)

    def decode(number: int) -> Any:
        try:
            return values[number]
        except KeyError:
            raise EnumProtoMismatchError(f"{number} is not one of: {keys}.") from None

    return decode


def sends_null(field: FieldDescriptor, cls: EnumClass | None) -> bool:
    """Whether null is sent, as the number 0, which says that there is no value.

    Clients may look at the number of a field without asking whether it is there. In a oneof only
    what has a value is set.
    """
    enum_type, oneof = field.enum_type, field.containing_oneof
    if cls is None or enum_type is None or field.is_repeated:
        return False
    return has_unspecified(cls, enum_type) and (oneof is None or len(oneof.fields) == 1)


def key_encoder(descriptor: EnumDescriptor) -> Callable[[Any], int]:
    """Return what turns a key into its number, where no code tells what its value is."""
    numbers = {value.name: value.number for value in descriptor.values}

    def encode(value: Any) -> int:
        key = value.name if isinstance(value, enum.Enum) else value
        if not isinstance(key, str):
            return int(key)
        if not key:
            return 0
        if key not in numbers:
            raise EnumProtoMismatchError(f"{descriptor.full_name} has only {', '.join(numbers)}.")
        return numbers[key]

    return encode


def key_decoder(descriptor: EnumDescriptor) -> Callable[[int], Any]:
    """Return what turns a number into its key, or leaves it if it has none."""
    keys = {value.number: value.name for value in descriptor.values}
    return lambda number: keys.get(number, number)


def has_unspecified(cls: EnumClass | None, descriptor: EnumDescriptor) -> bool:
    """Whether the number 0 says that there is no value."""
    key = descriptor.values_by_number[0].name
    return key not in cls.__members__ if cls is not None else key.endswith("UNSPECIFIED")
