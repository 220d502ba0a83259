"""The wire form of values in a map: it takes the fields of a message, not what stands for one."""

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from django_socio_grpc.schema.hints import LIST_VALUE
from django_socio_grpc.schema.model import STRUCT
from django_socio_grpc.schema.proto_types import DURATION, TIMESTAMP
from django_socio_grpc.schema.values import (
    encode_duration,
    encode_list,
    encode_struct,
    encode_timestamp,
    encode_value,
)

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
SECOND = datetime.timedelta(seconds=1)


def _struct(value: Any) -> dict[str, Any]:
    return {"fields": {key: encode_value(item) for key, item in encode_struct(value).items()}}


def _list(value: Any) -> dict[str, Any]:
    return {"values": [encode_value(item) for item in encode_list(value)]}


def _timestamp(value: Any) -> dict[str, int]:
    seconds, rest = divmod(encode_timestamp(value) - EPOCH, SECOND)
    return {"seconds": seconds, "nanos": rest.microseconds * 1000}


def _duration(value: Any) -> dict[str, int]:
    duration = encode_duration(value)
    sign = -1 if duration < datetime.timedelta() else 1  # the parts have one sign
    seconds, rest = divmod(abs(duration), SECOND)
    return {"seconds": sign * seconds, "nanos": sign * rest.microseconds * 1000}


MAP_VALUES: Mapping[str, Callable[[Any], Any]] = {
    STRUCT: _struct,
    LIST_VALUE: _list,
    TIMESTAMP: _timestamp,
    DURATION: _duration,
}
"""Encoders by proto type, in place of those of ``PROTO_VALUES``."""
