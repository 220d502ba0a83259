"""What each proto type carries: Python values to its wire form and back, one row per type.

The wire form is what a message takes as a keyword argument. For a message type that is a dict, a
list or a datetime, never an instance, so it fits messages of every descriptor pool.
"""

import base64
import datetime
import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import dateparse, timezone
from django.utils.duration import duration_string
from rest_framework.utils.encoders import JSONEncoder

MAX_DURATION = datetime.timedelta(seconds=315_576_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtoValue:
    """How one proto type carries values.

    ``encode`` takes what a field's ``to_representation`` gives and raises TypeError or ValueError
    for what the type cannot carry. ``decode`` gives what ``to_internal_value`` takes.
    """

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def unchanged(value: Any) -> Any:
    return value


def encode_text(value: Any) -> str:
    """Text as it is, dates and times as ISO 8601, other JSON values as JSON, the rest by str."""
    match value:
        case str():
            return value
        case datetime.datetime() | datetime.time():
            text = value.isoformat()
            return text[:-6] + "Z" if text.endswith("+00:00") else text
        case datetime.timedelta():
            return duration_string(value)
        case bytes():
            return value.decode()
        case None:
            raise TypeError("None is not text.")
        case bool() | Mapping() | list() | tuple():
            return json.dumps(value, cls=JSONEncoder)
        case _:
            return str(value)


def encode_integer(value: Any) -> int:
    number = int(value)
    if not isinstance(value, str) and number != value:
        raise ValueError(f"{value!r} is not a whole number.")
    return number


def encode_bytes(value: Any) -> bytes:
    """Bytes as they are; text is base64, as in protobuf's JSON mapping."""
    return base64.b64decode(value, validate=True) if isinstance(value, str) else bytes(value)


def base64_of(value: Any) -> Any:
    """Bytes, alone or in a list or a dict, as text in base64."""
    match value:
        case bytes():
            return base64.b64encode(value).decode()
        case dict():
            return {key: base64_of(item) for key, item in value.items()}
        case _:
            return [base64_of(item) for item in value]


def encode_timestamp(value: Any) -> datetime.datetime:
    moment = dateparse.parse_datetime(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime.datetime):
        raise ValueError(f"{value!r} is not a moment in ISO 8601.")
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def encode_duration(value: Any) -> datetime.timedelta:
    duration = dateparse.parse_duration(value) if isinstance(value, str) else value
    if not isinstance(duration, datetime.timedelta):
        raise ValueError(f"{value!r} is not a duration, such as '1 02:00:00' or 'P1DT2H'.")
    return _checked(duration)


def _checked(duration: datetime.timedelta) -> datetime.timedelta:
    if abs(duration) > MAX_DURATION:
        raise ValueError("A duration is of 10000 years at most.")
    return duration


def encode_date(value: Any) -> dict[str, int]:
    day = dateparse.parse_date(value) if isinstance(value, str) else value
    if not isinstance(day, datetime.date) or isinstance(day, datetime.datetime):
        raise ValueError(f"{value!r} is not a date in ISO 8601.")
    return {"year": day.year, "month": day.month, "day": day.day}


def encode_struct(value: Any) -> dict[str, Any]:
    plain = to_json(value)
    if not isinstance(plain, dict):
        raise TypeError(f"{value!r} is not a dict, and google.protobuf.Struct holds nothing else.")
    return plain


def encode_list(value: Any) -> list[Any]:
    plain = to_json(value)
    if not isinstance(plain, list):
        raise TypeError(f"{value!r} is not a list.")
    return plain


def encode_value(value: Any) -> dict[str, Any]:
    """Any JSON value. Numbers are doubles there: integers are exact up to 2**53."""
    match to_json(value):
        case None:
            return {"null_value": 0}
        case bool(plain):
            return {"bool_value": plain}
        case int(plain) | float(plain):
            return {"number_value": plain}
        case str(plain):
            return {"string_value": plain}
        case dict(plain):
            return {"struct_value": plain}
        case plain:
            return {"list_value": plain}


def to_json(value: Any) -> Any:
    """``value`` of dicts, lists, text, numbers, booleans and None only."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_json(item) for item in value]
    return to_json(JSONEncoder().default(value))


def decode_float(value: float) -> float:
    """The shortest decimal that is the same 32-bit float: 12.3, not 12.300000190734863."""
    if value - value != 0:  # infinity or NaN
        return value
    single = struct.pack("f", value)
    decimals = (float(f"{value:.{digits}g}") for digits in range(6, 10))  # nine always do
    return next(short for short in decimals if struct.pack("f", short) == single)


def decode_timestamp(value: Any) -> datetime.datetime:
    moment: datetime.datetime = value.ToDatetime(tzinfo=datetime.UTC)
    return moment


def decode_local_timestamp(value: Any) -> datetime.datetime:
    """The moment as a project without time zones has it: in its own one, which is not said."""
    return timezone.make_naive(decode_timestamp(value))


def decode_date(value: Any) -> datetime.date:
    return datetime.date(value.year, value.month, value.day)


def decode_duration(value: Any) -> datetime.timedelta:
    if value.seconds * value.nanos < 0 or abs(value.nanos) >= 10**9:
        raise ValueError("A duration has seconds and nanos of one sign, and nanos of no second.")
    return _checked(value.ToTimedelta())


def decode_struct(value: Any) -> dict[str, Any]:
    return {decode_text(key): decode_value(item) for key, item in value.fields.items()}


def decode_text(value: str) -> str:
    if "\0" in value:  # a field of text refuses it too, and PostgreSQL has no room for it
        raise ValueError("Null characters are not allowed.")
    return value


def decode_list(value: Any) -> list[Any]:
    return [decode_value(item) for item in value.values]


def decode_value(value: Any) -> Any:
    match value.WhichOneof("kind"):
        case "struct_value":
            return decode_struct(value.struct_value)
        case "list_value":
            return decode_list(value.list_value)
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return decode_text(value.string_value)
        case "bool_value":
            return value.bool_value
        case _:
            return None


def _wrapper(scalar: ProtoValue) -> ProtoValue:
    return ProtoValue(
        encode=lambda value: {"value": scalar.encode(value)},
        decode=lambda message: scalar.decode(message.value),
    )


_TEXT = ProtoValue(encode=encode_text, decode=unchanged)
_INTEGER = ProtoValue(encode=encode_integer, decode=unchanged)
_DOUBLE = ProtoValue(encode=float, decode=unchanged)
_FLOAT = ProtoValue(encode=float, decode=decode_float)
_BOOL = ProtoValue(encode=unchanged, decode=unchanged)
_BYTES = ProtoValue(encode=encode_bytes, decode=unchanged)

SIGNED = ("int32", "int64", "sint32", "sint64", "sfixed32", "sfixed64")
BYTES_TYPES = ("bytes", "google.protobuf.BytesValue")
UNSIGNED = ("uint32", "uint64", "fixed32", "fixed64")

PROTO_VALUES: Mapping[str, ProtoValue] = {
    "string": _TEXT,
    **dict.fromkeys(SIGNED + UNSIGNED, _INTEGER),
    "double": _DOUBLE,
    "float": _FLOAT,
    "bool": _BOOL,
    "bytes": _BYTES,
    "google.protobuf.Struct": ProtoValue(encode=encode_struct, decode=decode_struct),
    "google.protobuf.Value": ProtoValue(encode=encode_value, decode=decode_value),
    "google.protobuf.ListValue": ProtoValue(encode=encode_list, decode=decode_list),
    "google.protobuf.Timestamp": ProtoValue(encode=encode_timestamp, decode=decode_timestamp),
    "google.protobuf.Duration": ProtoValue(encode=encode_duration, decode=decode_duration),
    "google.type.Date": ProtoValue(encode=encode_date, decode=decode_date),
    "google.protobuf.StringValue": _wrapper(_TEXT),
    "google.protobuf.Int32Value": _wrapper(_INTEGER),
    "google.protobuf.Int64Value": _wrapper(_INTEGER),
    "google.protobuf.UInt32Value": _wrapper(_INTEGER),
    "google.protobuf.UInt64Value": _wrapper(_INTEGER),
    "google.protobuf.DoubleValue": _wrapper(_DOUBLE),
    "google.protobuf.FloatValue": _wrapper(_FLOAT),
    "google.protobuf.BoolValue": _wrapper(_BOOL),
    "google.protobuf.BytesValue": _wrapper(_BYTES),
}
