"""How a call that failed ends on the wire, whichever server answers it."""

import json
import logging
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import grpc.aio
from django.conf import settings
from grpc import StatusCode

from django_socio_grpc.adapters.rich_status import STATUS_KEY, rich_status
from django_socio_grpc.calls.failures import is_cancellation, report
from django_socio_grpc.calls.plan import CallPlan
from django_socio_grpc.context import Context
from django_socio_grpc.exceptions import InternalError
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.statuses import Status, shortened, to_status, wire_size
from django_socio_grpc.transport import REQUEST_ID

logger = logging.getLogger("django_socio_grpc.internal")

MAX_METADATA = 7500
"""Bytes for what is ours of the trailing metadata. Clients take 8 KiB with what is grpc's own."""

HEADER = 32
"""Bytes that HTTP/2 counts for a header beside its name and its value."""

TOO_LARGE = json.dumps({"message": "Too large to be told.", "code": "truncated"})


def note_unheard(context: Context, exc: Exception) -> None:
    """Log an error that comes when the call is over, in a thread that nobody waits for."""
    expected = isinstance(exc, grpc.aio.AbortError) or is_cancellation(exc)
    if not (expected or context.is_active()):
        report(context, exc)


def heard(items: Iterator[Any], context: Context) -> Generator[Any, None, None]:
    """Yield ``items``, and note an error of theirs that nobody hears of."""
    try:
        yield from items
    except Exception as exc:
        note_unheard(context, exc)
        raise


def ended(plan: CallPlan, context: Context, exc: BaseException) -> Status:
    """Log how the call failed, and return the status to abort it with."""
    try:
        return told(plan, context, report(context, exc))
    except Exception:  # an exception that cannot tell of itself; grpc would tell of this one
        with suppress(Exception):  # the log may be what fails
            logger.exception("%s: how it failed cannot be told.", context.path)
        return to_status(InternalError())
    finally:
        _let_go(exc)
        _let_go(context.aborted)


def _let_go(exc: BaseException | None) -> None:
    """Forget where ``exc`` was raised, which is logged.

    Its frames, often, have it themselves: with what is grpc's of the call they would live until
    Python looks for garbage, and to ``grpc.server`` the call is one that its client has open.
    """
    while exc is not None and exc.__traceback__ is not None:
        exc.__traceback__ = None
        exc = exc.__cause__ or exc.__context__


def told(plan: CallPlan, context: Context, status: Status) -> Status:
    """Return ``status`` as the client can take it, with the call's trailing metadata set.

    Those that the call has are kept, and get the call's id, by which the log knows it, and the
    status as ``google.rpc.Status``. Should they be too large together, field violations go first,
    then the rich status as a whole, then the details.
    """
    metadata = [*context.trailing_metadata(), *status.trailing_metadata]
    if all(name != REQUEST_ID for name, _ in metadata):
        metadata.append((REQUEST_ID, context.request_id))
    room = MAX_METADATA - sum(map(_size, metadata))
    if wire_size(status.details) > room:
        short = TOO_LARGE if status.reason else shortened(status.details, max(0, room))
        status = replace(status, details=short)
    if all(name != STATUS_KEY for name, _ in metadata):
        room -= wire_size(status.details) + len(STATUS_KEY) + HEADER
        metadata += _rich(plan, context, status, room)
    context.set_trailing_metadata(metadata)
    return status


def _rich(
    plan: CallPlan, context: Context, status: Status, room: int
) -> Iterable[tuple[str, bytes]]:
    is_fault = status.traced or status.code is StatusCode.INTERNAL
    data = rich_status(
        status,
        domain=grpc_settings.ERROR_DOMAIN or plan.service_class.proto_package,
        # As Django's own middleware notes it: here its translation is not active any more.
        locale=getattr(context, "LANGUAGE_CODE", settings.LANGUAGE_CODE),
        request_id=context.request_id if is_fault else "",
        room=room,
    )
    return [] if data is None else [(STATUS_KEY, data)]


def _size(pair: tuple[str, str | bytes]) -> int:
    name, value = pair
    # Binary values travel as Base64.
    size = len(value) if isinstance(value, str) else (len(value) + 2) // 3 * 4
    return len(name) + size + HEADER
