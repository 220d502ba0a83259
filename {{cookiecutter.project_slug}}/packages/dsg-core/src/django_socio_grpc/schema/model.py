"""The contract of one app as plain data: what a ``.proto`` file says, not how it is written."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

EMPTY = "google.protobuf.Empty"
STRUCT = "google.protobuf.Struct"


class Side(StrEnum):
    """Which way a message goes; the value ends the message's name."""

    REQUEST = "Request"
    RESPONSE = "Response"
    BOTH = ""


class FieldCardinality(StrEnum):
    """The label of a field. Proto3 has no ``required``."""

    NONE = ""
    OPTIONAL = "optional"
    REPEATED = "repeated"


class EnumValue(NamedTuple):
    """One value of an enum, by the key that stands for it in code."""

    key: str
    number: int
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumSpec:
    """One enum. The number of its first value is 0.

    ``name`` starts at the file, as types do: ``Genre.Enum`` is the enum in the message ``Genre``.
    ``annotated`` tells whether code names the enum, or it was made of plain choices.
    """

    name: str
    values: tuple[EnumValue, ...]
    comment: str = ""
    annotated: bool = True
    reserved_numbers: tuple[range, ...] = ()
    reserved_names: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """One field of a message.

    ``type`` is the proto type: a scalar (``int32``), a map (``map<string, int32>``), a message or
    enum of the same file (``QuestionResponse``, ``Genre.Enum``) or a full name from another
    (``google.protobuf.Struct``). ``accepts`` are the types that an existing contract may have in
    its place. ``enum`` is the enum that its values are of, ``oneof`` the name of the oneof that
    it is in. ``number`` is None until ``numbers.assign`` gives it one. ``options``, here and
    above, are those of an existing contract, each as it is written: ``deprecated = true``.
    """

    name: str
    type: str
    cardinality: FieldCardinality = FieldCardinality.NONE
    comment: str = ""
    accepts: frozenset[str] = frozenset()
    enum: EnumSpec | None = None
    oneof: str = ""
    number: int | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSpec:
    """One message. ``serializers`` are the classes it was derived from, if it was.

    ``many`` marks the message of a list of their rows, ``side`` what the message is for.
    ``reserved_numbers`` and ``reserved_names`` belong to fields that once existed.
    """

    name: str
    fields: tuple[FieldSpec, ...] = ()
    comment: str = ""
    serializers: tuple[type, ...] = ()
    many: bool = False
    side: Side = Side.BOTH
    reserved_numbers: tuple[range, ...] = ()
    reserved_names: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def serializer(self) -> type | None:
        """The first of ``serializers``."""
        return self.serializers[0] if self.serializers else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RpcSpec:
    """One rpc. ``request`` and ``response`` are message names, as in ``FieldSpec.type``."""

    name: str
    request: str = EMPTY
    response: str = EMPTY
    request_stream: bool = False
    response_stream: bool = False
    comment: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """One service. ``name`` is the name on the wire, ``QuestionController``."""

    name: str
    rpcs: tuple[RpcSpec, ...] = ()
    comment: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSpec:
    """All that one ``.proto`` file says. ``package`` is the first part of every full name."""

    package: str
    services: tuple[ServiceSpec, ...] = ()
    messages: tuple[MessageSpec, ...] = ()
    enums: tuple[EnumSpec, ...] = ()
    options: tuple[str, ...] = ()
