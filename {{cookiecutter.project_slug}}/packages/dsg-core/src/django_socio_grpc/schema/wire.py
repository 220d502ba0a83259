"""How values travel, whatever field they are of: the rows of the table in ``types``."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django_socio_grpc.schema.hints import LIST_VALUE, VALUE
from django_socio_grpc.schema.model import STRUCT
from django_socio_grpc.schema.natives import Convert
from django_socio_grpc.schema.values import SIGNED, UNSIGNED, unchanged
from django_socio_grpc.settings import grpc_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class WireType:
    """How one field travels.

    ``proto`` is its proto type; of a list field, that of one element.
    ``native``, where there is one, turns the attribute itself into the wire form, equal to the
    way over ``to_representation``; it, or the message, raises TypeError, ValueError or
    AttributeError for an attribute that is not of the field's own type.
    ``accepts`` are the other proto types that a contract may have for the field, ``natives``
    what ``native`` is for those of them that have one.
    """

    proto: str
    native: Convert | None = None
    accepts: frozenset[str] = frozenset()
    natives: Mapping[str, Convert | None] = field(default_factory=dict)


def integers(*, long: bool, natural: bool) -> WireType:
    """32-bit numbers fit every signed type; 64-bit ones do not fit 32 bits or a double."""
    accepts = {"string", "google.protobuf.StringValue", "google.protobuf.Int64Value"}
    accepts.update(name for name in SIGNED if not long or name.endswith("64"))
    if natural:
        accepts.update(name for name in UNSIGNED if not long or name.endswith("64"))
        accepts.add("google.protobuf.UInt64Value")
    if not long:
        accepts.update({"double", "google.protobuf.Int32Value", "google.protobuf.DoubleValue"})
    proto = "int64" if long else "int32"
    return WireType(
        proto=proto,
        native=unchanged,
        accepts=frozenset(accepts - {proto}),
        natives=dict.fromkeys(SIGNED + UNSIGNED, unchanged),  # a message checks the range itself
    )


def text(*accepts: str, native: Convert | None = None) -> WireType:
    known = frozenset({"google.protobuf.StringValue", *accepts})
    return WireType(proto="string", native=native, accepts=known)


def well_known(plain: WireType, proto: str, native: Convert | None) -> WireType:
    """``plain``, or, if the project wants it so, ``proto``. A contract may have the other one."""
    accepts = plain.accepts | {plain.proto, proto}
    natives = {plain.proto: plain.native, proto: native}
    chosen = proto if grpc_settings.WELL_KNOWN_TYPES else plain.proto
    return WireType(
        proto=chosen, native=natives[chosen], accepts=accepts - {chosen}, natives=natives
    )


def without_native(row: WireType) -> WireType:
    """The attribute is a list or an object; the row is that of what stands for one element."""
    return WireType(proto=row.proto, accepts=row.accepts)


NUMBERS = ("double", "float", "google.protobuf.DoubleValue", "google.protobuf.FloatValue")
TEXT = text()
BOOLEAN = WireType(
    proto="bool", native=unchanged, accepts=frozenset({"google.protobuf.BoolValue"})
)
FLOAT = WireType(
    proto="double",
    native=unchanged,
    accepts=frozenset({*NUMBERS, "string"}),
    natives={"float": unchanged},
)
BYTES = WireType(proto="bytes", accepts=frozenset({"google.protobuf.BytesValue"}))
JSON = WireType(proto=VALUE, accepts=frozenset({STRUCT, LIST_VALUE}))
