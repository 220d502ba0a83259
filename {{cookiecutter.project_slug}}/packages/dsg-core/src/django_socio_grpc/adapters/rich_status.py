"""A status as ``google.rpc.Status``, which clients of every language can read field by field."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import (
    BadRequest,
    ErrorInfo,
    LocalizedMessage,
    RequestInfo,
    RetryInfo,
)
from google.rpc.status_pb2 import Status as RpcStatus
from rest_framework.settings import api_settings

from django_socio_grpc.statuses import Status, shortened

STATUS_KEY = "grpc-status-details-bin"
"""The trailing metadata that carries a ``google.rpc.Status``."""

MAX_MESSAGE = 500
"""Bytes of the text for people."""

TYPE_URL = len("type.googleapis.com/google.rpc.BadRequest") + 12
"""Bytes that a ``BadRequest`` takes beside what is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """What is wrong with one field: ``address.street``, ``items[2].name``, or all if empty."""

    field: str
    message: str
    code: str


def violations(errors: Any, path: str = "") -> Iterator[Violation]:
    """Yield each error in ``errors``, the ``detail`` of an exception of REST framework."""
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            yield from violations(inner, _within(path, name))
    elif isinstance(errors, list | tuple):
        of_items = any(isinstance(item, Mapping | list | tuple) for item in errors)
        for index, inner in enumerate(errors):
            yield from violations(inner, f"{path}[{index}]" if of_items else path)
    else:
        yield Violation(
            field=_text(path),
            message=_text(errors),
            code=_text(getattr(errors, "code", None) or ""),
        )


def _within(path: str, name: Any) -> str:
    if name in {api_settings.NON_FIELD_ERRORS_KEY, NON_FIELD_ERRORS}:
        return path
    if isinstance(name, int):  # an item of a list
        return f"{path}[{name}]"
    return f"{path}.{name}" if path else str(name)


def rich_status(
    status: Status, *, domain: str, locale: str, request_id: str, room: int
) -> bytes | None:
    """Return the bytes of ``status``, or None if ``room`` bytes of metadata do not hold them.

    Its message is the details of ``status``, as clients check; the text for people is in a
    ``LocalizedMessage``. Field violations that there is no room for are counted in a last one.
    ``request_id`` is what a client may report.
    """
    full = RpcStatus(code=status.code.value[0], message=status.details)
    if status.reason:
        _add(full, ErrorInfo(reason=_constant(status.reason), domain=domain))
    if status.message:
        _add(
            full,
            LocalizedMessage(locale=locale, message=shortened(_text(status.message), MAX_MESSAGE)),
        )
    if status.wait is not None:
        retry = RetryInfo()
        retry.retry_delay.FromMilliseconds(max(0, ceil(status.wait * 1000)))
        _add(full, retry)
    if request_id:
        _add(full, RequestInfo(request_id=request_id))
    if status.errors is not None:
        # Base64 makes four bytes of three.
        left = room * 3 // 4 - full.ByteSize() - TYPE_URL
        _add(full, _bad_request(list(violations(status.errors)), left))
    data = full.SerializeToString()
    return data if ceil(len(data) / 3) * 4 <= room else None


def _bad_request(found: list[Violation], room: int) -> BadRequest:
    request = BadRequest()
    room -= 60  # for the last one
    for number, violation in enumerate(found):
        size = len(f"{violation.field}{violation.message}{violation.code}".encode()) + 12
        if size > room:
            more = f"{len(found) - number} more errors do not fit here."
            request.field_violations.add(description=more, reason="TRUNCATED")
            break
        room -= size
        request.field_violations.add(
            field=violation.field,
            description=violation.message,
            reason=_constant(violation.code),
        )
    return request


def _add(status: RpcStatus, detail: Message) -> None:
    status.details.add().Pack(detail)


def _constant(code: str) -> str:
    """``not_found`` -> ``NOT_FOUND``: the reasons of ``google.rpc`` are written so."""
    return re.sub(r"\W+", "_", code, flags=re.ASCII).upper()[:63]


def _text(value: Any) -> str:
    """``value`` as a message can hold it: no half of a character."""
    return str(value).encode("utf-8", "replace").decode()
