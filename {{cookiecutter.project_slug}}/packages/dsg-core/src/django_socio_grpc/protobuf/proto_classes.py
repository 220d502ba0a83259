"""The messages of one action as generation plugins see and change them."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from django_socio_grpc.actions import FieldDict
from django_socio_grpc.protobuf.proto_enums import ProtoEnum, ProtoEnumLocations
from django_socio_grpc.schema.model import EMPTY, STRUCT, FieldCardinality, FieldSpec, MessageSpec
from django_socio_grpc.schema.model import RpcSpec as ProtoRpc
from django_socio_grpc.schema.model import ServiceSpec as ProtoService

__all__ = [
    "EmptyMessage",
    "FieldCardinality",
    "FieldDict",
    "ProtoComment",
    "ProtoEnum",
    "ProtoEnumLocations",
    "ProtoField",
    "ProtoFieldConvertible",
    "ProtoMessage",
    "ProtoRpc",
    "ProtoService",
    "StructMessage",
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
    comments: Comment = None
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
    comments: Comment = None
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


EmptyMessage = ProtoMessage(EMPTY, is_reference=True)
StructMessage = ProtoMessage(STRUCT, is_reference=True)


class ProtoFieldConvertible(ABC):
    """Makes a field of a serializer say itself what it is in a message.

    class PointField(ProtoFieldConvertible, serializers.Field):
        def to_proto_field(self, proto_field_cls, **kwargs):
            return proto_field_cls(self.field_name, "double", FieldCardinality.REPEATED)
    """

    @abstractmethod
    def to_proto_field(self, proto_field_cls: type[ProtoField], **kwargs: Any) -> ProtoField:
        """Return the field, a ``proto_field_cls``. ``kwargs`` has ``parent_serializer``."""

    def to_field_dict(self) -> FieldDict:
        """Return what ``to_proto_field`` gives, as an action declares a field."""
        parent = type(getattr(self, "parent", None))
        made: Any = self.to_proto_field(ProtoField, parent_serializer=parent)
        kind = made.field_type
        if isinstance(kind, ProtoMessage):
            kind = kind.serializer or kind.name
        elif isinstance(kind, ProtoEnum):
            kind = kind.enum
        return {
            "name": made.name,
            "type": kind,
            "cardinality": made.cardinality,
            "comment": made.comments or "",
        }
