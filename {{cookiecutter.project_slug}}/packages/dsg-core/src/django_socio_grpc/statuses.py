"""How a call ends: the one function that turns any exception into a status."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any
from urllib.parse import quote

from django.core import exceptions as django
from django.db import DatabaseError, InterfaceError
from django.http import Http404
from grpc import StatusCode
from rest_framework import exceptions as drf
from rest_framework.fields import get_error_detail
from rest_framework.settings import api_settings

from django_socio_grpc.database_errors import UNFIT, of_database
from django_socio_grpc.exceptions import (
    Abort,
    InternalError,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unimplemented,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a call ended: ``details`` is what the client sees, ``level`` what the log uses.

    ``traced`` marks a fault that the log records with its traceback; ``unexpected`` one of which
    the client learns nothing but that there is one.

    ``message`` is the text for people, ``reason`` the code of the error, ``errors`` what is wrong
    by field, ``wait`` the seconds after which trying again makes sense. ``trailing_metadata``
    are sent beside those of the call.
    """

    code: StatusCode
    details: str
    message: str = ""
    reason: str = ""
    errors: Any = None
    wait: float | None = None
    trailing_metadata: Sequence[tuple[str, str | bytes]] = ()
    level: str = "WARNING"
    traced: bool = False
    unexpected: bool = False


# HTTP status of a Django REST framework exception -> gRPC status.
HTTP_TO_GRPC: dict[int, StatusCode] = {
    400: StatusCode.INVALID_ARGUMENT,
    401: StatusCode.UNAUTHENTICATED,
    403: StatusCode.PERMISSION_DENIED,
    404: StatusCode.NOT_FOUND,
    405: StatusCode.UNIMPLEMENTED,
    406: StatusCode.INVALID_ARGUMENT,
    408: StatusCode.DEADLINE_EXCEEDED,
    409: StatusCode.ABORTED,
    410: StatusCode.NOT_FOUND,
    411: StatusCode.INVALID_ARGUMENT,
    412: StatusCode.FAILED_PRECONDITION,
    413: StatusCode.INVALID_ARGUMENT,
    414: StatusCode.INVALID_ARGUMENT,
    415: StatusCode.INVALID_ARGUMENT,
    416: StatusCode.OUT_OF_RANGE,
    417: StatusCode.INVALID_ARGUMENT,
    422: StatusCode.INVALID_ARGUMENT,
    423: StatusCode.FAILED_PRECONDITION,
    424: StatusCode.FAILED_PRECONDITION,
    428: StatusCode.FAILED_PRECONDITION,
    429: StatusCode.RESOURCE_EXHAUSTED,
    431: StatusCode.INVALID_ARGUMENT,
    451: StatusCode.PERMISSION_DENIED,
    500: StatusCode.INTERNAL,
    501: StatusCode.UNIMPLEMENTED,
    502: StatusCode.INTERNAL,
    503: StatusCode.UNAVAILABLE,
    504: StatusCode.DEADLINE_EXCEEDED,
    505: StatusCode.UNIMPLEMENTED,
    507: StatusCode.RESOURCE_EXHAUSTED,
    511: StatusCode.UNAUTHENTICATED,
}

MAX_DETAILS = 2400
"""Bytes. Details travel as metadata, twice, and a client takes 8 KiB of metadata by default."""


def to_status(exc: BaseException) -> Status:
    """Return the status that ``exc`` ends a call with. Nothing internal is in its details."""
    while isinstance(exc, BaseExceptionGroup) and len(exc.exceptions) == 1:
        (exc,) = exc.exceptions  # a task group wraps what its one task has raised
    if isinstance(exc, Abort):
        return Status(
            code=exc.code,
            details=shortened(exc.details, MAX_DETAILS),
            trailing_metadata=exc.trailing_metadata,
        )
    try:
        if isinstance(exc, drf.APIException):
            return _api_status(exc)
        return _api_status(_as_api_exception(exc), traced=not isinstance(exc, FOR_CLIENTS))
    except Exception:  # an exception of the service's own that cannot tell its details
        return _api_status(InternalError(), traced=True)


def shortened(text: str, size: int) -> str:
    """``text`` in ``size`` bytes of metadata at most, with an ellipsis if that cuts it."""
    if wire_size(text) <= size:
        return text
    text = text[:size]
    while text and wire_size(text) > size - 3:
        text = text[: min(len(text) - 1, len(text) * size // wire_size(text))]
    return f"{text}..." if size > 3 else ""


def wire_size(text: str) -> int:
    """The bytes of ``text`` as a header, where three stand for each that is not printable."""
    return len(quote(text, safe=PRINTABLE))


PRINTABLE = "".join(map(chr, range(32, 127))).replace("%", "")


def _api_status(exc: drf.APIException, *, traced: bool = False) -> Status:
    code: Any = exc.status_code
    if not isinstance(code, StatusCode):
        code = HTTP_TO_GRPC.get(code, StatusCode.UNKNOWN)
    if code is StatusCode.OK:  # an error that calls itself a success
        code = StatusCode.UNKNOWN
    by_field = not isinstance(exc.detail, str)
    wait = getattr(exc, "wait", None)
    return Status(
        code=code,
        details=_json(exc.get_full_details()),
        message=str(exc.default_detail if by_field else exc.detail),
        reason=str((exc.default_code if by_field else exc.get_codes()) or ""),
        errors=exc.detail if by_field else None,
        wait=wait if isinstance(wait, int | float) and isfinite(wait) else None,
        level=getattr(exc, "logging_level", "WARNING"),
        traced=traced or isinstance(exc, InternalError),
        unexpected=isinstance(exc, InternalError),
    )


# What code raises to tell the client something. Anything else is a fault to look into.
FOR_CLIENTS = (
    Http404,
    django.ObjectDoesNotExist,
    django.PermissionDenied,
    django.SuspiciousOperation,
    django.BadRequest,
    django.ValidationError,
)


def _as_api_exception(exc: BaseException) -> drf.APIException:
    """The exceptions of Django and the database, as the client should see them."""
    match exc:
        case Http404() | django.ObjectDoesNotExist():
            return NotFound()
        case django.PermissionDenied():
            return PermissionDenied()
        case django.SuspiciousOperation() | django.BadRequest():
            return InvalidArgument()
        case django.ValidationError():
            return drf.ValidationError(get_error_detail(exc))
        case DatabaseError() | InterfaceError():
            return of_database(exc)
        case OverflowError() if "SQLite INTEGER" in str(exc):  # its driver's, not wrapped
            return InvalidArgument(UNFIT)
        case NotImplementedError():
            return Unimplemented()
        case _:
            return InternalError()


def _json(details: Any) -> str:
    """``details`` as JSON, with as many of them as a client can take."""
    text = json.dumps(details)
    if wire_size(text) <= MAX_DETAILS:
        return text
    kept: dict[str, Any] = {}
    simple = isinstance(details, dict) and isinstance(details.get("message"), str)
    if isinstance(details, dict) and not simple:
        for name, errors in details.items():
            if wire_size(json.dumps({**kept, name: errors})) > MAX_DETAILS - 100:
                break
            kept[name] = errors
    if not kept:
        # In JSON each quote takes twice its size.
        start = shortened(details["message"] if simple else text, MAX_DETAILS // 2 - 50)
        return json.dumps({"message": start, "code": "truncated"})
    more = {"message": f"{len(details) - len(kept)} more fields are wrong.", "code": "truncated"}
    whole = api_settings.NON_FIELD_ERRORS_KEY
    return json.dumps({**kept, whole: [*kept.get(whole, []), more]})
