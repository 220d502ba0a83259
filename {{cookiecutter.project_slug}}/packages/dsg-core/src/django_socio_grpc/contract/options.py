"""The options of an existing contract: they live in its file alone, for no service declares them.

Here an option is as it is written in the file: ``deprecated = true``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from google.protobuf import text_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from django_socio_grpc.schema.model import (
    AppSpec,
    EnumSpec,
    FieldSpec,
    MessageSpec,
    RpcSpec,
    ServiceSpec,
)

ALLOW_ALIAS = "allow_alias = true"

Part = TypeVar("Part", ServiceSpec, RpcSpec, MessageSpec, FieldSpec, EnumSpec)


def read(options: Message) -> tuple[str, ...]:
    """Return the options that a contract can keep: protobuf's own, of one plain value."""
    plain = type(options)()
    for field, value in options.ListFields():
        if _is_plain(field):
            setattr(plain, field.name, value)
    lines = text_format.MessageToString(plain, as_utf8=True).splitlines()
    return tuple(line.replace(": ", " = ", 1) for line in lines)


def unreadable(options: Message) -> Iterator[str]:
    """Yield the names, or the numbers, of those that ``read`` leaves out."""
    for field, _ in options.ListFields():
        if not _is_plain(field):
            yield field.full_name if field.is_extension else field.name
    unknown = UnknownFieldSet(options)  # extensions that nobody has imported
    yield from (f"({unknown[index].field_number})" for index in range(len(unknown)))


def carried(spec: AppSpec, old: AppSpec) -> AppSpec:
    """Return ``spec`` with the options that its parts have in ``old``."""
    return replace(
        spec,
        options=old.options,
        services=tuple(_service(*pair) for pair in _pairs(spec.services, old.services)),
        messages=tuple(_message(*pair) for pair in _pairs(spec.messages, old.messages)),
        enums=tuple(_enum(*pair) for pair in _pairs(spec.enums, old.enums)),
    )


def _service(new: ServiceSpec, old: ServiceSpec) -> ServiceSpec:
    rpcs = (replace(rpc, options=before.options) for rpc, before in _pairs(new.rpcs, old.rpcs))
    return replace(new, options=old.options, rpcs=tuple(rpcs))


def _message(new: MessageSpec, old: MessageSpec) -> MessageSpec:
    fields = (_field(*pair) for pair in _pairs(new.fields, old.fields))
    return replace(new, options=old.options, fields=tuple(fields))


def _field(new: FieldSpec, old: FieldSpec) -> FieldSpec:
    # An option may be for one type only, as jstype is.
    return replace(new, options=old.options) if new.type == old.type else new


def _enum(new: EnumSpec, old: EnumSpec) -> EnumSpec:
    numbers = [value.number for value in new.values]
    has_aliases = len(set(numbers)) < len(numbers)  # protoc refuses the option without one
    kept = (option for option in old.options if has_aliases or option != ALLOW_ALIAS)
    return replace(new, options=tuple(kept))


def _pairs(new: Iterable[Part], old: Iterable[Part]) -> Iterator[tuple[Part, Part]]:
    """Each new part and the old one of its name, or itself where there was none."""
    before = {part.name: part for part in old}
    return ((part, before.get(part.name, part)) for part in new)


def _is_plain(field: FieldDescriptor) -> bool:
    return not (field.is_extension or field.is_repeated or field.message_type is not None)
