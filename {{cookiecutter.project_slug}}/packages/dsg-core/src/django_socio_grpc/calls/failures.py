"""How a call failed: for the log, and for the client."""

import json
import logging
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import replace
from math import ceil

from django.conf import settings
from django.utils import translation
from grpc import StatusCode

from django_socio_grpc import current
from django_socio_grpc.concurrency import EXITS, PipeClosed
from django_socio_grpc.context import Context
from django_socio_grpc.exceptions import INTERNAL_ERROR, Abort, Cancelled, InternalError
from django_socio_grpc.request import CallRequest
from django_socio_grpc.service import Service
from django_socio_grpc.statuses import Status, shortened, to_status

logger = logging.getLogger("django_socio_grpc.request")
internal = logging.getLogger("django_socio_grpc.internal")


def note_failure(
    context: Context, service: Service | None, exc: BaseException, *, away: bool = False
) -> None:
    """Note whose call has failed. What is to end a process ends the call alone.

    So does what is to end a generator, unless it is for ours: the consumer of a stream, which is
    ``away`` with a reply of it, has had enough.
    """
    context.failed_service = service
    if isinstance(exc, EXITS) or (isinstance(exc, GeneratorExit) and not away):
        raise RuntimeError(f"{context.path} raised {exc!r}, which is not to end a call.") from exc


def no_message() -> Abort:
    """What ends a call that takes one message and carries none."""
    return Abort(StatusCode.UNIMPLEMENTED, "The call carries no message, and takes one.")


def several_messages() -> Abort:
    """What ends a call that takes one message and carries more."""
    return Abort(StatusCode.UNIMPLEMENTED, "The call takes one message, not several.")


def is_cancellation(exc: BaseException) -> bool:
    """Whether ``exc`` says that the client is gone, to one task of the handler's or to several."""
    if isinstance(exc, BaseExceptionGroup):
        return all(map(is_cancellation, exc.exceptions))
    return isinstance(exc, (Cancelled, PipeClosed))


def report(context: Context, exc: BaseException) -> Status:
    """Log how a call failed, once, and return the status that the client gets."""
    if is_cancellation(exc):
        exc = Cancelled()
    # The middleware that chose the language has ended, and texts of errors are often lazy.
    language = getattr(context, "LANGUAGE_CODE", None)
    with translation.override(language) if language else nullcontext():
        status = to_status(context.aborted or exc)
    headers = (*status.trailing_metadata, *_headers(exc, status))
    status = replace(status, trailing_metadata=headers)
    current.enter(context.failed_service)
    try:
        _log(context, exc, status)
    except Exception:  # of a handler or a filter of the project's: the call ends as it would
        with suppress(Exception):
            internal.exception("%s: its log record failed.", context.path)
    finally:
        current.enter(None)
        context.failed_service = None  # it refers to the context: neither would be let go of
    if not status.unexpected:
        return status
    details = {
        "message": shortened(f"{type(exc).__name__}: {exc}", 1000)
        if settings.DEBUG
        else INTERNAL_ERROR,
        "code": InternalError.default_code,
        "request_id": context.request_id,
    }
    return replace(status, details=json.dumps(details))


def _log(context: Context, exc: BaseException, status: Status) -> None:
    logger.log(
        logging.getLevelNamesMapping().get(status.level, logging.WARNING),
        "%s : %s (%s, request id %s)",
        type(exc).__name__,
        context.path,
        status.code.name,
        context.request_id,
        exc_info=exc if status.traced else None,
        extra={
            "request": CallRequest(context),
            "status_code": status.code.name,
            "request_id": context.request_id,
        },
    )


def _headers(exc: BaseException, status: Status) -> Iterator[tuple[str, str]]:
    """What Django REST framework would send as HTTP headers with the error ``exc``."""
    if status.wait is not None:
        yield "retry-after", str(ceil(status.wait))
    if (challenge := getattr(exc, "auth_header", None)) is not None:
        yield "www-authenticate", challenge.encode("ascii", "replace").decode()
