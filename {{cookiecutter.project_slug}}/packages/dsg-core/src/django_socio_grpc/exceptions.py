"""Exceptions that a service raises, one class for each gRPC status.

Status codes follow https://grpc.io/docs/guides/status-codes/.
"""

from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured
from grpc import StatusCode
from rest_framework.exceptions import APIException

INTERNAL_ERROR = "Internal server error."
GENERATE = "Run: python manage.py generateproto"
"""What mends a contract that is missing or stale."""


class ConfigurationError(ImproperlyConfigured):
    """A service, a setting or a generated module is not as the framework needs it.

    Raised while the server starts, never inside a call.
    """


class ProtoRegistrationError(ConfigurationError):
    """A service, a serializer or a field cannot be put in a contract as it is declared."""


class EnumProtoMismatchError(ValueError):
    """A value is none of an enum, or a number none of an enum of the contract."""


class GRPCException(APIException):
    """An error that reaches the client as ``status_code`` with its details as JSON.

    ``logging_level`` is the level at which the server logs it, ``wait`` the seconds after which
    trying again makes sense.
    """

    status_code: StatusCode = StatusCode.INTERNAL  # type: ignore[assignment]  # not HTTP's
    default_detail = "A server error occurred."
    default_code = "error"
    logging_level = "WARNING"
    wait: float | None = None


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


class Aborted(GRPCException):
    status_code = StatusCode.ABORTED
    default_detail = "Another call changed the same data at the same time. Try again."
    default_code = "aborted"


class DeadlineExceeded(GRPCException):
    status_code = StatusCode.DEADLINE_EXCEEDED
    default_detail = "The call took longer than it may."
    default_code = "deadline_exceeded"


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


class RequestsEnded(Exception):
    """``context.receive()``: the client has sent its last message.

    A handler that streams its replies may let it pass, and has then ended well.
    """


class Abort(Exception):
    """What ``context.abort(code, details)`` raises: the status as the handler gave it.

    ``trailing_metadata`` are pairs of a name and a value, to be sent with it.
    """

    def __init__(
        self,
        code: StatusCode,
        details: str = "",
        trailing_metadata: Sequence[tuple[str, str | bytes]] = (),
    ) -> None:
        super().__init__(code, details)
        self.code = code
        self.details = details
        self.trailing_metadata = trailing_metadata
