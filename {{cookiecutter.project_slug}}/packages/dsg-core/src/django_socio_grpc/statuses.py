"""How a call ends: the one function that turns any exception into a status."""

import json
from dataclasses import dataclass
from typing import Any

from django.core import exceptions as django
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404
from grpc import StatusCode
from rest_framework import exceptions as drf
from rest_framework.fields import get_error_detail

from django_socio_grpc.exceptions import (
    Abort,
    Aborted,
    AlreadyExist,
    DeadlineExceeded,
    FailedPrecondition,
    GRPCException,
    InternalError,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unavailable,
    Unimplemented,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a call ended: ``details`` is what the client sees, ``level`` what the log uses.

    ``traced`` marks a fault that the log records with its traceback; ``unexpected`` one of which
    the client learns nothing but that there is one.
    """

    code: StatusCode
    details: str
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

MAX_DETAILS = 4000
"""Characters. Details travel as metadata, of which a client takes 8 KB by default."""


def to_status(exc: BaseException) -> Status:
    """Return the status that ``exc`` ends a call with. Nothing internal is in its details."""
    if isinstance(exc, Abort):
        return Status(code=exc.code, details=exc.details[:MAX_DETAILS])
    if isinstance(exc, drf.APIException):
        return _api_status(exc)
    return _api_status(_as_api_exception(exc), traced=not isinstance(exc, FOR_CLIENTS))


def _api_status(exc: drf.APIException, *, traced: bool = False) -> Status:
    code: Any = exc.status_code
    if not isinstance(code, StatusCode):
        code = HTTP_TO_GRPC.get(code, StatusCode.UNKNOWN)
    return Status(
        code=code,
        details=_json(exc.get_full_details()),
        level=getattr(exc, "logging_level", "WARNING"),
        traced=traced or isinstance(exc, InternalError),
        unexpected=isinstance(exc, InternalError),
    )


# What code raises to tell the client something. Anything else is a fault to look into.
FOR_CLIENTS = (
    Http404,
    django.ObjectDoesNotExist,
    django.PermissionDenied,
    django.ValidationError,
)


def _as_api_exception(exc: BaseException) -> drf.APIException:
    """The exceptions of Django and the database, as the client should see them."""
    match exc:
        case Http404() | django.ObjectDoesNotExist():
            return NotFound()
        case django.PermissionDenied():
            return PermissionDenied()
        case django.ValidationError():
            return drf.ValidationError(get_error_detail(exc))
        case DatabaseError() | InterfaceError():
            return _of_database(exc)
        case NotImplementedError():
            return Unimplemented()
        case _:
            return InternalError()


# By PostgreSQL's SQLSTATE, where the class alone does not say how a call ends.
SQLSTATES: dict[str, type[GRPCException]] = {
    "23505": AlreadyExist,  # unique violation
    "40001": Aborted,  # serialization failure
    "40P01": Aborted,  # deadlock
    "53300": ResourceExhausted,  # too many connections
    "57014": DeadlineExceeded,  # the statement took longer than it may
}


def _of_database(exc: BaseException) -> GRPCException:
    cause = exc.__cause__
    state = getattr(cause, "sqlstate", None)
    if state in SQLSTATES:
        return SQLSTATES[state]()
    # SQLite has no states. Its general error is a mistake in the query, or a missing migration.
    if getattr(cause, "sqlite_errorname", None) == "SQLITE_ERROR":
        return InternalError()
    match exc:
        case IntegrityError() if state is None and "unique constraint" in str(exc).lower():
            return AlreadyExist()
        case IntegrityError():
            return FailedPrecondition()
        case DataError():
            return InvalidArgument("A value is not one that the database can take.")
        case OperationalError() | InterfaceError():
            return Unavailable()
        case _:
            return InternalError()


def _json(details: Any) -> str:
    """``details`` as JSON, with as many of them as a client can take."""
    text = json.dumps(details)
    if len(text) <= MAX_DETAILS:
        return text
    kept: dict[str, Any] = {}
    if isinstance(details, dict) and "message" not in details:
        for name, errors in details.items():
            if len(json.dumps({**kept, name: errors})) > MAX_DETAILS - 100:
                break
            kept[name] = errors
    if not kept:
        return json.dumps({"message": f"{text[: MAX_DETAILS // 2]}…", "code": "truncated"})
    more = {"message": f"{len(details) - len(kept)} more fields are wrong.", "code": "truncated"}
    return json.dumps({**kept, "non_field_errors": [more]})
