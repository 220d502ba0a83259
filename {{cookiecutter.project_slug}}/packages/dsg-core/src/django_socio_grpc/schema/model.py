"""The contract of one app as plain data: what a ``.proto`` file says, not how it is written."""

from dataclasses import dataclass, field
from enum import StrEnum

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


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """One field of a message.

    ``type`` is the proto type: a scalar (``int32``), a message or enum of the same file
    (``QuestionResponse``) or a full name from another (``google.protobuf.Struct``).
    ``accepts`` are the types that an existing contract may have in its place.
    ``number`` is None until ``numbers.assign`` gives it one.
    """

    name: str
    type: str
    cardinality: FieldCardinality = FieldCardinality.NONE
    comment: str = ""
    accepts: frozenset[str] = frozenset()
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSpec:
    """One message. ``serializer`` is the class it was derived from, if it was.

    ``many`` marks the message of a list of that serializer, ``side`` what the message is for.
    ``reserved_numbers`` and ``reserved_names`` belong to fields that once existed.
    """

    name: str
    fields: tuple[FieldSpec, ...] = ()
    comment: str = ""
    serializer: type | None = None
    many: bool = False
    side: Side = Side.BOTH
    reserved_numbers: tuple[range, ...] = ()
    reserved_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RpcSpec:
    """One rpc. ``request`` and ``response`` are message names, as in ``FieldSpec.type``."""

    name: str
    request: str = EMPTY
    response: str = EMPTY
    request_stream: bool = False
    response_stream: bool = False
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """One service. ``name`` is the name on the wire, ``QuestionController``."""

    name: str
    rpcs: tuple[RpcSpec, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumSpec:
    """One enum: pairs of key and number, the first of which is 0."""

    name: str
    values: tuple[tuple[str, int], ...]
    comment: str = ""
    reserved_numbers: tuple[range, ...] = ()
    reserved_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSpec:
    """All that one ``.proto`` file says. ``package`` is the first part of every full name."""

    package: str
    services: tuple[ServiceSpec, ...] = ()
    messages: tuple[MessageSpec, ...] = ()
    enums: tuple[EnumSpec, ...] = field(default=())
