"""The life of a call: four drivers, one for each shape of reply and colour of handler.

A driver runs middlewares and, within them, the call itself: authentication, permissions, the
handler and the encoding of what it answers. An error leaves it unchanged, ``note_failure`` apart;
the adapter asks ``report`` for the status it means.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import aclosing, closing
from functools import partial
from typing import Any

from django_socio_grpc import current
from django_socio_grpc.atomic import transactions
from django_socio_grpc.calls.failures import note_failure
from django_socio_grpc.calls.plan import CallPlan, Encode
from django_socio_grpc.concurrency import begin_call, end_call
from django_socio_grpc.context import Context
from django_socio_grpc.exceptions import RequestsEnded
from django_socio_grpc.middlewares import chained
from django_socio_grpc.service import Service
from django_socio_grpc.signals import announced, is_announced

Send = Callable[[Any], Awaitable[None]]


def unary(plan: CallPlan, request: Any, context: Context) -> Any:
    """Sync handler, one reply."""
    service = None
    if plan.stops_queries:
        begin_call(context, hears=plan.request_stream)
    try:
        service = plan.service(request, context)
        with announced(plan.service_class, context), plan.around(context):
            if plan.chain is None:
                return _reply(plan, service, request, plan.encode)
            return plan.encode(chained.reply(plan.chain, service, partial(_reply, plan, service)))
    except BaseException as exc:
        note_failure(context, service, exc)
        raise
    finally:
        current.enter(None)  # the thread may be one of grpc's, which has no context of a call
        if plan.stops_queries:
            end_call(context)


def stream(plan: CallPlan, request: Any, context: Context) -> Generator[Any, None, None]:
    """Sync handler, many replies: yields those that it yields or returns as an iterable."""
    away = False
    service = None
    if plan.stops_queries:
        begin_call(context, hears=True)
    try:
        service = plan.service(request, context)
        with announced(plan.service_class, context), plan.around(context):
            if plan.chain is None:
                with closing(_replies(plan, service, request, plan.encode)) as items:
                    for data in items:
                        away = True
                        yield data
                        away = False
                return
            handle = partial(_replies, plan, service)
            with closing(chained.replies(plan.chain, service, handle)) as replies:
                for reply in replies:
                    data = plan.encode(reply)
                    away = True
                    yield data
                    away = False
    except BaseException as exc:
        note_failure(context, service, exc, away=away)
        raise
    finally:
        current.enter(None)
        if plan.stops_queries:
            end_call(context)


async def aunary(plan: CallPlan, request: Any, context: Context) -> Any:
    """Async handler, one reply."""
    service = None
    try:
        service = plan.service(request, context)
        if not is_announced():  # as a rule: two coroutines less
            return await _aaround(plan, service, request)
        async with announced(plan.service_class, context):
            return await _aaround(plan, service, request)
    except BaseException as exc:
        note_failure(context, service, exc)
        raise


async def astream(plan: CallPlan, request: Any, context: Context, send: Send) -> None:
    """Async handler, many replies: sends those that it yields or returns as an iterable."""
    service = None
    try:
        service = plan.service(request, context)
        async with announced(plan.service_class, context):
            with plan.around(context):
                if plan.chain is None:
                    await _asend_replies(plan, service, request, send)
                    return
                handle = partial(_areplies, plan, service)
                async with aclosing(chained.areplies(plan.chain, service, handle)) as replies:
                    async for reply in replies:
                        await send(plan.encode(reply))
    except BaseException as exc:
        note_failure(context, service, exc)
        raise


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


async def _aaround(plan: CallPlan, service: Service, request: Any) -> Any:
    with plan.around(service.context):
        if plan.chain is None:
            return await _areply(plan, service, request, plan.encode)
        handle = partial(_areply, plan, service)
        return plan.encode(await chained.areply(plan.chain, service, handle))


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
        async with aclosing(await _ahandled(plan, service, request)) as replies:
            async for reply in replies:
                yield _sendable(context, encode, reply)
    except RequestsEnded:
        pass
    if plan.after is not None:
        await plan.after(service)
    context.check_ended_well()


async def _asend_replies(plan: CallPlan, service: Service, request: Any, send: Send) -> None:
    """As ``_areplies``: nobody asks for the next reply, and each costs a generator less."""
    context = service.context
    if plan.before is not None:
        await plan.before(service)
    try:
        async with aclosing(await _ahandled(plan, service, request)) as replies:
            async for reply in replies:
                await send(_sendable(context, plan.encode, reply))
    except RequestsEnded:
        pass
    if plan.after is not None:
        await plan.after(service)
    context.check_ended_well()


async def _ahandled(plan: CallPlan, service: Service, request: Any) -> AsyncGenerator[Any, None]:
    """What the handler answers, as a generator, whether it is one."""
    replies = plan.handler(service, request, service.context)
    if plan.yields:
        return replies  # type: ignore[no-any-return]
    returned = await replies
    return _iterate(() if returned is None else returned)


def _sendable(context: Context, encode: Encode, reply: Any) -> Any:
    """``reply`` of a stream as it is sent, which cannot be taken back."""
    context.check_may_go_on()
    return encode(reply)


async def _iterate(replies: Any) -> AsyncGenerator[Any, None]:
    if hasattr(replies, "__aiter__"):
        async for reply in replies:
            yield reply
    else:
        for reply in replies:
            yield reply
