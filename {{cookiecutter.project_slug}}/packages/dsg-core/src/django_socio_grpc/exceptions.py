"""Exceptions that a service raises, and the one function that turns any exception into a status.

Status codes follow https://grpc.io/docs/guides/status-codes/.
"""

import json
from dataclasses import dataclass
from typing import Any

from django.core import exceptions as django
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404
from grpc import StatusCode
from rest_framework import exceptions as drf
from rest_framework.fields import get_error_detail

INTERNAL_ERROR = "Internal server error."


class ConfigurationError(django.ImproperlyConfigured):
    """A service, a setting or a generated module is not as the framework needs it.

    Raised while the server starts, never inside a call.
    """


class GRPCException(drf.APIException):
    """An error that reaches the client as ``status_code`` with its details as JSON.

    ``logging_level`` is the level at which the server logs it.
    """

    status_code: StatusCode = StatusCode.INTERNAL  # type: ignore[assignment]  # not HTTP's
    default_detail = "A server error occurred."
    default_code = "error"
    logging_level = "WARNING"


class InvalidArgument(GRPCException):
    status_code = StatusCode.INVALID_ARGUMENT
    default_detail = "Invalid argument."
    default_code = "invalid"


class Unauthenticated(GRPCException):
    status_code = StatusCode.UNAUTHENTICATED
    default_detail = "Authentication credentials were not provided."
    default_code = "not_authenticated"


class PermissionDenied(GRPCException):
    status_code = StatusCode.PERMISSION_DENIED
    default_detail = "You do not have permission to perform this action."
    default_code = "permission_denied"


class NotFound(GRPCException):
    status_code = StatusCode.NOT_FOUND
    default_detail = "Not found."
    default_code = "not_found"


class AlreadyExist(GRPCException):
    status_code = StatusCode.ALREADY_EXISTS
    default_detail = "Already exists."
    default_code = "already_exist"


class FailedPrecondition(GRPCException):
    status_code = StatusCode.FAILED_PRECONDITION
    default_detail = "The system is not in a state that this call needs."
    default_code = "failed_precondition"


class ResourceExhausted(GRPCException):
    status_code = StatusCode.RESOURCE_EXHAUSTED
    default_detail = "The server has no room for this call now. Try again later."
    default_code = "resource_exhausted"


class Unimplemented(GRPCException):
    status_code = StatusCode.UNIMPLEMENTED
    default_detail = "This method is not implemented."
    default_code = "unimplemented"


class Unavailable(GRPCException):
    status_code = StatusCode.UNAVAILABLE
    default_detail = "The service is not available now. Try again later."
    default_code = "unavailable"
    logging_level = "ERROR"


class Cancelled(GRPCException):
    """The client is gone. A sync handler meets it when it reads or writes a stream."""

    status_code = StatusCode.CANCELLED
    default_detail = "The call was cancelled."
    default_code = "cancelled"
    logging_level = "INFO"


class InternalError(GRPCException):
    """The server is at fault. Its detail is constant: what went wrong is for the log alone."""

    status_code = StatusCode.INTERNAL
    default_detail = INTERNAL_ERROR
    default_code = "internal_error"
    logging_level = "ERROR"


class ProtobufGenerationException(Exception):
    """``generateproto`` cannot write the contract, or ``--check`` found a difference."""


class Abort(Exception):
    """What ``context.abort(code, details)`` raises: the status as the handler gave it."""

    def __init__(self, code: StatusCode, details: str = "") -> None:
        super().__init__(code, details)
        self.code = code
        self.details = details


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a call ended: ``details`` is what the client sees, ``level`` what the log uses.

    ``unexpected`` marks a fault of the server, which the log records with its traceback.
    """

    code: StatusCode
    details: str
    level: str = "WARNING"
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

UNIQUE_VIOLATION = "23505"  # SQLSTATE; SQLite has no code of its own, only its text


def to_status(exc: BaseException) -> Status:
    """Return the status that ``exc`` ends a call with. Nothing internal is in its details."""
    if isinstance(exc, Abort):
        return Status(code=exc.code, details=exc.details)
    if isinstance(exc, drf.APIException):
        return _api_status(exc)
    return _api_status(_as_grpc(exc))


def _api_status(exc: drf.APIException) -> Status:
    code: Any = exc.status_code
    if not isinstance(code, StatusCode):
        code = HTTP_TO_GRPC.get(code, StatusCode.UNKNOWN)
    return Status(
        code=code,
        details=json.dumps(exc.get_full_details()),
        level=getattr(exc, "logging_level", "WARNING"),
        unexpected=isinstance(exc, InternalError),
    )


def _as_grpc(exc: BaseException) -> drf.APIException:
    """The exceptions of Django and the database, as the client should see them."""
    match exc:
        case Http404() | django.ObjectDoesNotExist():
            return NotFound()
        case django.PermissionDenied():
            return PermissionDenied()
        case django.ValidationError():
            return drf.ValidationError(get_error_detail(exc))
        case IntegrityError():
            return AlreadyExist() if _is_unique_violation(exc) else FailedPrecondition()
        case OperationalError() | InterfaceError():
            return Unavailable()
        case NotImplementedError():
            return Unimplemented()
        case _:
            return InternalError()


def _is_unique_violation(exc: IntegrityError) -> bool:
    return getattr(exc.__cause__, "sqlstate", None) == UNIQUE_VIOLATION or (
        "unique" in str(exc).lower()
    )
