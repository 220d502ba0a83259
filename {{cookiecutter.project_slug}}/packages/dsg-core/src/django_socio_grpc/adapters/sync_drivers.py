"""How a sync server's thread serves one call, in four ways."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import closing, contextmanager
from typing import Any

from django_socio_grpc.adapters.channel import NO_MORE, AsyncChannel, SyncChannel
from django_socio_grpc.adapters.endings import heard
from django_socio_grpc.adapters.runtime import SyncRuntime
from django_socio_grpc.adapters.transports import SyncTransport
from django_socio_grpc.calls.failures import is_cancellation, report
from django_socio_grpc.calls.pipeline import astream, aunary, stream, unary
from django_socio_grpc.calls.plan import CallPlan
from django_socio_grpc.concurrency import Pipe, fill
from django_socio_grpc.context import Context, Metadata
from django_socio_grpc.exceptions import Cancelled

Driver = Callable[[CallPlan, Any, SyncTransport, Context, SyncRuntime], Any]


def driver_of(plan: CallPlan) -> Driver:
    if plan.is_async:
        return _stream_on_loop if plan.response_stream else _on_loop
    if not plan.response_stream:
        return _direct
    return _stream_direct if plan.yields else _stream_in_thread


def _direct(
    plan: CallPlan, request: Any, transport: SyncTransport, context: Context, runtime: SyncRuntime
) -> Any:
    """A sync handler with one reply: a call in grpc's own thread."""
    context.channel = channel = _sync_channel(plan, request, transport)
    return unary(plan, channel if plan.request_stream else request, context)


def _stream_direct(
    plan: CallPlan, request: Any, transport: SyncTransport, context: Context, runtime: SyncRuntime
) -> Iterator[Any]:
    """A sync generator: grpc's own thread iterates it."""
    context.channel = channel = _sync_channel(plan, request, transport)
    with closing(stream(plan, channel if plan.request_stream else request, context)) as replies:
        yield from replies


def _stream_in_thread(
    plan: CallPlan, request: Any, transport: SyncTransport, context: Context, runtime: SyncRuntime
) -> Iterator[Any]:
    """A sync handler that writes its replies: it runs in a thread beside grpc's, which sends."""
    replies: Pipe[Any] = Pipe()
    context.channel = channel = _sync_channel(plan, request, transport, replies.put)
    items = stream(plan, channel if plan.request_stream else request, context)
    fill(replies, heard(items, context))
    context.add_done_callback(replies.close)
    try:
        yield from replies
    finally:
        replies.close()


def _on_loop(
    plan: CallPlan, request: Any, transport: SyncTransport, context: Context, runtime: SyncRuntime
) -> Any:
    """An async handler with one reply: it runs on the loop, and grpc's thread waits for it."""
    requests = _requests(plan, request)

    async def run() -> Any:
        context.channel = channel = _async_channel(plan, requests, transport, _write_nothing)
        slot = await runtime.slots.enter() if runtime.slots else None
        try:
            with _ending(context):
                return await aunary(plan, channel if plan.request_stream else request, context)
        finally:
            if requests is not None:
                requests.close()
            if slot is not None:
                slot.leave()

    with _following(context, runtime.loop.submit(run())) as future:
        return future.result()


def _stream_on_loop(
    plan: CallPlan, request: Any, transport: SyncTransport, context: Context, runtime: SyncRuntime
) -> Iterator[Any]:
    """An async handler with many replies: it runs on the loop, and grpc's thread sends."""
    requests = _requests(plan, request)
    replies: Pipe[Any] = Pipe()

    async def run() -> None:
        context.channel = channel = _async_channel(plan, requests, transport, replies.aput)
        slot = await runtime.slots.enter() if runtime.slots else None
        try:
            request_ = channel if plan.request_stream else request
            with _ending(context):
                await astream(plan, request_, context, replies.aput)
        finally:
            if requests is not None:
                requests.close()
            if slot is not None:
                slot.leave()

    with _following(context, runtime.loop.submit(run())) as future:
        future.add_done_callback(lambda _: replies.finish())
        try:
            yield from replies
            future.result()
        finally:
            replies.close()


@contextmanager
def _ending(context: Context) -> Iterator[None]:
    """Let a handler that cancels its own task end its call as cancelled.

    What goes wrong when the client is gone is for the log alone: nobody waits for the task.
    """
    try:
        yield
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling() and context.is_active():
            raise Cancelled from None
        raise
    except Exception as exc:
        if context.is_active():
            raise
        if not is_cancellation(exc):
            report(context, exc)
        raise asyncio.CancelledError from None


@contextmanager
def _following(context: Context, future: Any) -> Iterator[Any]:
    """Cancel ``future`` when the call is over or nobody waits for it any more."""
    context.add_done_callback(future.cancel)
    try:
        yield future
    except CancelledError as exc:
        raise exc if context.is_active() else Cancelled() from None
    finally:
        future.cancel()


def _sync_channel(
    plan: CallPlan,
    request: Any,
    transport: SyncTransport,
    write: Callable[[Any], Any] | None = None,
) -> SyncChannel:
    requests = request if plan.request_stream else iter(())
    return SyncChannel(plan, requests, write, transport.send_initial_metadata)


def _requests(plan: CallPlan, request: Any) -> Pipe[Any] | None:
    """The messages of a stream of requests, which a thread of its own reads from now on."""
    if not plan.request_stream:
        return None
    requests: Pipe[Any] = Pipe()
    fill(requests, map(plan.decode, request))
    return requests


async def _write_nothing(data: Any) -> None:
    """What a handler with one reply would write by, if its channel let it."""


def _async_channel(
    plan: CallPlan,
    requests: Pipe[Any] | None,
    transport: SyncTransport,
    write: Callable[[Any], Any],
) -> AsyncChannel:
    async def send_initial_metadata(metadata: Metadata) -> None:
        transport.send_initial_metadata(metadata)

    return AsyncChannel(plan, requests or NO_MORE, write, send_initial_metadata)
