"""What a client is told when a database refuses something, or is not there."""

from django.db import DataError, IntegrityError, InterfaceError, OperationalError

from django_socio_grpc.exceptions import (
    Aborted,
    AlreadyExist,
    DeadlineExceeded,
    FailedPrecondition,
    GRPCException,
    InternalError,
    InvalidArgument,
    ResourceExhausted,
    Unavailable,
)

QUERY_CANCELED = "57014"
"""PostgreSQL's SQLSTATE of a statement that was cancelled, or took longer than it may."""

# By SQLSTATE, where the class alone does not say how a call ends.
SQLSTATES: dict[str, type[GRPCException]] = {
    "23505": AlreadyExist,  # unique violation
    "25006": Unavailable,  # a server that only reads, such as a primary that has just become one
    "25P03": Aborted,  # the transaction was idle for longer than it may be
    "25P04": DeadlineExceeded,  # the transaction took longer than it may
    "40001": Aborted,  # serialization failure
    "40P01": Aborted,  # deadlock
    "53300": ResourceExhausted,  # too many connections
    "55P03": Aborted,  # another transaction has the lock, and keeps it
    QUERY_CANCELED: DeadlineExceeded,
}

WAITS: dict[type[GRPCException], float] = {Aborted: 0.1, ResourceExhausted: 1, Unavailable: 1}
"""Seconds after which to try again what the database could not do."""


def sqlstate_of(exc: BaseException) -> str | None:
    """PostgreSQL's code of an error of its driver's, or of one of Django's made of it."""
    state: str | None = getattr(exc, "sqlstate", None) or getattr(exc.__cause__, "sqlstate", None)
    return state


UNFIT = "A value is not one that the database can take."


def of_database(exc: BaseException) -> GRPCException:
    """Return the error that a client gets of one of Django's for a database."""
    error = _database_error(exc)
    error.wait = WAITS.get(type(error))
    return error


def _database_error(exc: BaseException) -> GRPCException:
    cause = exc.__cause__
    state = sqlstate_of(exc)
    if state in SQLSTATES:
        return SQLSTATES[state]()
    # SQLite has no states. Its general error is a mistake in the query, or a missing migration.
    match getattr(cause, "sqlite_errorname", None):
        # What Django adds to SQLite's functions, for one the search by a regular expression.
        case "SQLITE_ERROR" if "user-defined function raised" in str(exc):
            return InvalidArgument(UNFIT)
        case "SQLITE_ERROR":
            return InternalError()
        case "SQLITE_MISMATCH":  # a number that is none, or too large to be one
            return InvalidArgument(UNFIT)
    match exc:
        case IntegrityError() if state is None and "unique constraint" in str(exc).lower():
            return AlreadyExist()
        case IntegrityError():
            return FailedPrecondition()
        case DataError():
            return InvalidArgument(UNFIT)
        case OperationalError() | InterfaceError():
            return Unavailable()
        case _:
            return InternalError()
