"""The messages of one action as generation plugins see and change them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from django_socio_grpc.actions import FieldDict
from django_socio_grpc.protobuf.proto_enums import ProtoEnum, ProtoEnumLocations
from django_socio_grpc.schema.model import FieldCardinality, FieldSpec, MessageSpec
from django_socio_grpc.schema.model import RpcSpec as ProtoRpc
from django_socio_grpc.schema.model import ServiceSpec as ProtoService

__all__ = [
    "FieldCardinality",
    "FieldDict",
    "ProtoComment",
    "ProtoEnum",
    "ProtoEnumLocations",
    "ProtoField",
    "ProtoMessage",
    "ProtoRpc",
    "ProtoService",
]


@dataclass(frozen=True, slots=True)
class ProtoComment:
    """A comment of one or more lines.

    >>> ProtoComment(["A book", "of the library."])
    """

    comments: str | Sequence[str]

    def __iter__(self) -> Iterator[str]:
        return iter([self.comments] if isinstance(self.comments, str) else self.comments)

    def __str__(self) -> str:
        return "\n".join(self)


Comment: TypeAlias = ProtoComment | str | Sequence[str] | None


@dataclass(slots=True)
class ProtoField:
    """A field. ``field_type`` is a proto type, or the message or enum that the field holds.

    ``spec`` is what the field was declared as, None for one that a plugin adds.
    """

    name: str
    field_type: "str | ProtoEnum | ProtoMessage"
    cardinality: FieldCardinality = FieldCardinality.NONE
    comment: Comment = None
    spec: FieldSpec | None = field(default=None, repr=False, compare=False)


@dataclass(slots=True)
class ProtoMessage:
    """A message. One that is only named, because it is defined elsewhere, ``is_reference``.

    ``serializer`` is the class that it was derived from, if it was. ``spec`` is what the
    message was declared as, None for one that a plugin makes. ``in_maps`` are the messages that
    its maps hold, whose fields have the map as their type.
    """

    name: str
    fields: list[ProtoField] = field(default_factory=list)
    comment: Comment = None
    serializer: type | None = None
    is_reference: bool = False
    in_maps: "list[ProtoMessage]" = field(default_factory=list)
    spec: MessageSpec | None = field(default=None, repr=False, compare=False)

    def walk(self) -> "Iterator[ProtoMessage]":
        """Yield the message, and all that it holds, each once."""
        waiting, seen = [self], set[int]()
        while waiting:
            message = waiting.pop()
            if id(message) not in seen:
                seen.add(id(message))
                yield message
                kinds = [field.field_type for field in message.fields]
                waiting += [kind for kind in kinds if isinstance(kind, ProtoMessage)]
                waiting += message.in_maps
