"""The life of a call: four drivers, one for each shape of reply and colour of handler.

A driver runs middlewares and, within them, the call itself: authentication, permissions, the
handler and the encoding of what it answers. An error leaves it unchanged; the adapter asks
``report`` for the status it means.
"""

import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import aclosing, closing, nullcontext, suppress
from dataclasses import replace
from functools import partial
from math import ceil
from typing import Any

from django.conf import settings
from django.utils import translation

from django_socio_grpc import current
from django_socio_grpc.atomic import transactions
from django_socio_grpc.calls.plan import CallPlan, Encode
from django_socio_grpc.concurrency import PipeClosed
from django_socio_grpc.context import Context
from django_socio_grpc.exceptions import (
    INTERNAL_ERROR,
    Cancelled,
    InternalError,
    RequestsEnded,
)
from django_socio_grpc.middlewares import chained
from django_socio_grpc.request import CallRequest
from django_socio_grpc.service import Service
from django_socio_grpc.signals import announced
from django_socio_grpc.statuses import Status, shortened, to_status

logger = logging.getLogger("django_socio_grpc.request")
internal = logging.getLogger("django_socio_grpc.internal")


def unary(plan: CallPlan, request: Any, context: Context) -> Any:
    """Sync handler, one reply."""
    service = plan.service(request, context)
    try:
        with announced(plan.service_class, context), plan.around(context):
            if plan.chain is None:
                return _reply(plan, service, request, plan.encode)
            return plan.encode(chained.reply(plan.chain, service, partial(_reply, plan, service)))
    except BaseException as exc:
        _note_failure(service, exc)
        raise
    finally:
        current.enter(None)  # the thread may be one of grpc's, which has no context of a call


def stream(plan: CallPlan, request: Any, context: Context) -> Generator[Any, None, None]:
    """Sync handler, many replies: yields those that it yields or returns as an iterable."""
    service = plan.service(request, context)
    try:
        with announced(plan.service_class, context), plan.around(context):
            if plan.chain is None:
                yield from _replies(plan, service, request, plan.encode)
                return
            handle = partial(_replies, plan, service)
            with closing(chained.replies(plan.chain, service, handle)) as replies:
                yield from map(plan.encode, replies)
    except BaseException as exc:
        _note_failure(service, exc)
        raise
    finally:
        current.enter(None)


async def aunary(plan: CallPlan, request: Any, context: Context) -> Any:
    """Async handler, one reply."""
    service = plan.service(request, context)
    try:
        async with announced(plan.service_class, context):
            with plan.around(context):
                if plan.chain is None:
                    return await _areply(plan, service, request, plan.encode)
                handle = partial(_areply, plan, service)
                return plan.encode(await chained.areply(plan.chain, service, handle))
    except BaseException as exc:
        _note_failure(service, exc)
        raise


async def astream(plan: CallPlan, request: Any, context: Context) -> AsyncGenerator[Any, None]:
    """Async handler, many replies: yields those that it yields or returns as an iterable."""
    service = plan.service(request, context)
    try:
        async with announced(plan.service_class, context):
            with plan.around(context):
                if plan.chain is None:
                    async with aclosing(_areplies(plan, service, request, plan.encode)) as items:
                        async for data in items:
                            yield data
                    return
                handle = partial(_areplies, plan, service)
                async with aclosing(chained.areplies(plan.chain, service, handle)) as replies:
                    async for reply in replies:
                        yield plan.encode(reply)
    except BaseException as exc:
        _note_failure(service, exc)
        raise


def _note_failure(service: Service, exc: BaseException) -> None:
    """Note whose call has failed. What is to end the process ends the call alone."""
    service.context.failed_service = service
    if isinstance(exc, SystemExit | KeyboardInterrupt):
        path = service.context.path
        raise RuntimeError(
            f"{path} raised {exc!r}, which is to end a process, not a call."
        ) from exc


def _reply(plan: CallPlan, service: Service, request: Any, encode: Encode) -> Any:
    context = service.context
    with transactions(plan.atomic):
        if plan.before is not None:
            plan.before(service)
        reply = plan.handler(service, request, context)
        if plan.after is not None:
            plan.after(service)
        context.check_ended_well()
        return encode(reply)


def _replies(
    plan: CallPlan, service: Service, request: Any, encode: Encode
) -> Generator[Any, None, None]:
    context = service.context
    with transactions(plan.atomic):
        if plan.before is not None:
            plan.before(service)
        try:
            replies = plan.handler(service, request, context)
            if replies is not None:  # a handler that calls context.write() returns none
                yield from map(partial(_sendable, context, encode), replies)
        except RequestsEnded:
            pass
        if plan.after is not None:
            plan.after(service)
        context.check_ended_well()


async def _areply(plan: CallPlan, service: Service, request: Any, encode: Encode) -> Any:
    context = service.context
    if plan.before is not None:
        await plan.before(service)
    reply = await plan.handler(service, request, context)
    if plan.after is not None:
        await plan.after(service)
    context.check_ended_well()
    return encode(reply)


async def _areplies(
    plan: CallPlan, service: Service, request: Any, encode: Encode
) -> AsyncGenerator[Any, None]:
    context = service.context
    if plan.before is not None:
        await plan.before(service)
    try:
        replies = plan.handler(service, request, context)
        if plan.yields:
            async with aclosing(replies):
                async for reply in replies:
                    yield _sendable(context, encode, reply)
        elif (returned := await replies) is not None:
            async for reply in _iterate(returned):
                yield _sendable(context, encode, reply)
    except RequestsEnded:
        pass
    if plan.after is not None:
        await plan.after(service)
    context.check_ended_well()


def _sendable(context: Context, encode: Encode, reply: Any) -> Any:
    """``reply`` of a stream as it is sent, which cannot be taken back."""
    context.check_may_go_on()
    return encode(reply)


def report(context: Context, exc: BaseException) -> Status:
    """Log how a call failed, once, and return the status that the client gets."""
    if isinstance(exc, PipeClosed):
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
        extra={"request": CallRequest(context), "status_code": status.code.name},
    )


def _headers(exc: BaseException, status: Status) -> Iterator[tuple[str, str]]:
    """What Django REST framework would send as HTTP headers with the error ``exc``."""
    if status.wait is not None:
        yield "retry-after", str(ceil(status.wait))
    if (challenge := getattr(exc, "auth_header", None)) is not None:
        yield "www-authenticate", challenge.encode("ascii", "replace").decode()


async def _iterate(replies: Any) -> AsyncIterator[Any]:
    if hasattr(replies, "__aiter__"):
        async for reply in replies:
            yield reply
    else:
        for reply in replies:
            yield reply
