"""The life of a call: four drivers, one for each shape of reply and colour of handler.

A driver runs middlewares, authentication, permissions, the handler and the encoding of what it
answers. An error leaves it unchanged; the adapter asks ``report`` for the status it means.
"""

import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from django.conf import settings
from grpc import StatusCode

from django_socio_grpc.concurrency import PipeClosed, blocking, is_async, settled
from django_socio_grpc.context import Context
from django_socio_grpc.exceptions import (
    INTERNAL_ERROR,
    Cancelled,
    InternalError,
)
from django_socio_grpc.plan import CallPlan
from django_socio_grpc.statuses import Status, to_status

logger = logging.getLogger("django_socio_grpc.request")


def unary(plan: CallPlan, request: Any, context: Context) -> Any:
    """Sync handler, one reply."""
    service = plan.service(request, context)
    with plan.around(context):
        if plan.admits:
            _run_hook(service.before_action)
        reply = plan.handler(service, request, context)
        if plan.concludes:
            _run_hook(service.after_action)
        _check_end(context)
        return plan.encode(reply)


def stream(plan: CallPlan, request: Any, context: Context) -> Generator[Any, None, None]:
    """Sync handler, many replies: yields those that it yields or returns as an iterable."""
    service = plan.service(request, context)
    with plan.around(context):
        if plan.admits:
            _run_hook(service.before_action)
        replies = plan.handler(service, request, context)
        if replies is not None:  # a handler that calls context.write() returns none
            yield from map(plan.encode, replies)
        if plan.concludes:
            _run_hook(service.after_action)
        _check_end(context)


async def aunary(plan: CallPlan, request: Any, context: Context) -> Any:
    """Async handler, one reply."""
    service = plan.service(request, context)
    with plan.around(context):
        if plan.admits:
            await _arun_hook(service.before_action)
        reply = await plan.handler(service, request, context)
        if plan.concludes:
            await _arun_hook(service.after_action)
        _check_end(context)
        return plan.encode(reply)


async def astream(plan: CallPlan, request: Any, context: Context) -> AsyncGenerator[Any, None]:
    """Async handler, many replies: yields those that it yields or returns as an iterable."""
    service = plan.service(request, context)
    with plan.around(context):
        if plan.admits:
            await _arun_hook(service.before_action)
        replies = plan.handler(service, request, context)
        if plan.yields:
            async with aclosing(replies):
                async for reply in replies:
                    yield plan.encode(reply)
        elif (returned := await replies) is not None:
            async for reply in _iterate(returned):
                yield plan.encode(reply)
        if plan.concludes:
            await _arun_hook(service.after_action)
        _check_end(context)


def report(context: Context, exc: BaseException) -> Status:
    """Log how a call failed, once, and return the status that the client gets."""
    if isinstance(exc, PipeClosed):
        exc = Cancelled()
    status = to_status(context.aborted or exc)
    logger.log(
        logging.getLevelNamesMapping().get(status.level, logging.WARNING),
        "%s : %s (%s, request id %s)",
        type(exc).__name__,
        context.path,
        status.code.name,
        context.request_id,
        exc_info=exc if status.traced else None,
        extra={"request": context, "status_code": status.code.name},
    )
    if not status.unexpected:
        return status
    details = {
        "message": f"{type(exc).__name__}: {exc}" if settings.DEBUG else INTERNAL_ERROR,
        "code": InternalError.default_code,
        "request_id": context.request_id,
    }
    return replace(status, details=json.dumps(details))


def _run_hook(hook: Any) -> None:
    settled(hook())


async def _arun_hook(hook: Any) -> None:
    if is_async(hook):
        await hook()
    else:
        await blocking(hook)


def _check_end(context: Context) -> None:
    """Raise if the handler has ended the call by other means than an exception."""
    if context.aborted is not None:
        raise context.aborted
    if context.response_code not in {None, StatusCode.OK}:
        context.abort(context.response_code, context.response_details)


async def _iterate(replies: Any) -> AsyncIterator[Any]:
    if hasattr(replies, "__aiter__"):
        async for reply in replies:
            yield reply
    else:
        for reply in replies:
            yield reply
