"""Messages to dicts and back, in protobuf's JSON mapping with the names that fields have."""

import uuid
from collections.abc import Mapping
from typing import Any, TypeVar

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message

AnyMessage = TypeVar("AnyMessage", bound=Message)


def message_to_dict(message: Message, **kwargs: Any) -> dict[str, Any]:
    """Return ``message`` as a dict of JSON values.

    A 64-bit integer is text, bytes are base64, an ``optional`` field that is not set is left out,
    any other field that is not set has its default. ``kwargs`` are those of ``MessageToDict``.
    """
    options = {
        "always_print_fields_with_no_presence": True,
        "preserving_proto_field_name": True,
        **kwargs,
    }
    return MessageToDict(message, **options)


def parse_dict(data: Mapping[str, Any], message: AnyMessage, **kwargs: Any) -> AnyMessage:
    """Set the fields of ``message`` that ``data`` has, and return it.

    Keys that the message has not are left out, and so is None; a UUID is text. ``kwargs`` are
    those of ``ParseDict``.
    """
    return ParseDict(_plain(data), message, **{"ignore_unknown_fields": True, **kwargs})


def _plain(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
