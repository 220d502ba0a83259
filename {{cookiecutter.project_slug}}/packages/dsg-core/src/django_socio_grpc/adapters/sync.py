"""Plans on ``grpc.server``."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import grpc

from django_socio_grpc.adapters.channel import (
    NO_MORE,
    AsyncChannel,
    SyncChannel,
    SyncRequests,
)
from django_socio_grpc.adapters.endings import ended, heard
from django_socio_grpc.adapters.runtime import SyncRuntime
from django_socio_grpc.adapters.transports import SyncTransport
from django_socio_grpc.calls.failures import is_cancellation, report
from django_socio_grpc.calls.pipeline import astream, aunary, stream, unary
from django_socio_grpc.calls.plan import CallPlan
from django_socio_grpc.concurrency import Pipe, fill
from django_socio_grpc.context import Context, Metadata
from django_socio_grpc.exceptions import Cancelled, ResourceExhausted

Behavior = Callable[[Any, Any], Any]


def method_handler(plan: CallPlan, runtime: SyncRuntime) -> "grpc.RpcMethodHandler[Any, Any]":
    """Return what ``grpc.server`` calls for the RPC of ``plan``; messages are bytes both ways.

    Unlike grpc.aio, it answers a unary call that carries no message by itself.
    """
    ends = ["stream" if end else "unary" for end in (plan.request_stream, plan.response_stream)]
    make = getattr(grpc, f"{'_'.join(ends)}_rpc_method_handler")
    return make(behavior(plan, runtime))  # type: ignore[no-any-return]


def behavior(plan: CallPlan, runtime: SyncRuntime) -> Behavior:
    """Return the function that serves ``plan``, as a servicer's method."""
    serve = _choose(plan)
    if plan.is_async:
        _ = runtime.loop  # started now, not by the first call

    def call(request: Any, servicer: Any) -> Any:
        transport = SyncTransport(servicer, runtime.leaving)
        context = Context(transport, plan.service_class.__name__, plan.name)
        try:
            if plan.request_stream:
                with _stream_slot(runtime):
                    return serve(plan, SyncRequests(request), servicer, context, runtime)
            return serve(plan, plan.decode(request), servicer, context, runtime)
        except BaseException as exc:  # of any class: somebody waits for an answer
            _abort(plan, servicer, context, exc)

    def stream_call(request: Any, servicer: Any) -> Iterator[Any]:
        transport = SyncTransport(servicer, runtime.leaving)
        context = Context(transport, plan.service_class.__name__, plan.name)
        try:
            with _stream_slot(runtime):
                request = SyncRequests(request) if plan.request_stream else plan.decode(request)
                yield from serve(plan, request, servicer, context, runtime)
        except GeneratorExit:
            raise
        except BaseException as exc:
            _abort(plan, servicer, context, exc)

    return stream_call if plan.response_stream else call


def _choose(plan: CallPlan) -> Callable[..., Any]:
    if plan.is_async:
        return _stream_on_loop if plan.response_stream else _on_loop
    if not plan.response_stream:
        return _direct
    return _stream_direct if plan.yields else _stream_in_thread


def _direct(
    plan: CallPlan, request: Any, servicer: Any, context: Context, runtime: SyncRuntime
) -> Any:
    """A sync handler with one reply: a call in grpc's own thread."""
    context.channel = channel = _sync_channel(plan, request, servicer)
    return unary(plan, channel if plan.request_stream else request, context)


def _stream_direct(
    plan: CallPlan, request: Any, servicer: Any, context: Context, runtime: SyncRuntime
) -> Iterator[Any]:
    """A sync generator: grpc's own thread iterates it."""
    context.channel = channel = _sync_channel(plan, request, servicer)
    with closing(stream(plan, channel if plan.request_stream else request, context)) as replies:
        yield from replies


def _stream_in_thread(
    plan: CallPlan, request: Any, servicer: Any, context: Context, runtime: SyncRuntime
) -> Iterator[Any]:
    """A sync handler that writes its replies: it runs in a thread beside grpc's, which sends."""
    replies: Pipe[Any] = Pipe()
    context.channel = channel = _sync_channel(plan, request, servicer, replies.put)
    items = stream(plan, channel if plan.request_stream else request, context)
    fill(replies, heard(items, context))
    context.add_done_callback(replies.close)
    try:
        yield from replies
    finally:
        replies.close()


def _on_loop(
    plan: CallPlan, request: Any, servicer: Any, context: Context, runtime: SyncRuntime
) -> Any:
    """An async handler with one reply: it runs on the loop, and grpc's thread waits for it."""
    requests = _requests(plan, request)

    async def run() -> Any:
        context.channel = channel = _async_channel(plan, requests, servicer, _write_nothing)
        slot = await runtime.slots.enter() if runtime.slots else None
        try:
            with _ending(context, servicer):
                return await aunary(plan, channel if plan.request_stream else request, context)
        finally:
            if requests is not None:
                requests.close()
            if slot is not None:
                slot.leave()

    with _following(servicer, runtime.loop.submit(run())) as future:
        return future.result()


def _stream_on_loop(
    plan: CallPlan, request: Any, servicer: Any, context: Context, runtime: SyncRuntime
) -> Iterator[Any]:
    """An async handler with many replies: it runs on the loop, and grpc's thread sends."""
    requests = _requests(plan, request)
    replies: Pipe[Any] = Pipe()

    async def run() -> None:
        context.channel = channel = _async_channel(plan, requests, servicer, replies.aput)
        slot = await runtime.slots.enter() if runtime.slots else None
        try:
            request_ = channel if plan.request_stream else request
            with _ending(context, servicer):
                await astream(plan, request_, context, replies.aput)
        finally:
            if requests is not None:
                requests.close()
            if slot is not None:
                slot.leave()

    with _following(servicer, runtime.loop.submit(run())) as future:
        future.add_done_callback(lambda _: replies.finish())
        try:
            yield from replies
            future.result()
        finally:
            replies.close()


@contextmanager
def _ending(context: Context, servicer: Any) -> Iterator[None]:
    """Let a handler that cancels its own task end its call as cancelled.

    What goes wrong when the client is gone is for the log alone: nobody waits for the task.
    """
    try:
        yield
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling() and servicer.is_active():
            raise Cancelled from None
        raise
    except Exception as exc:
        if servicer.is_active():
            raise
        if not is_cancellation(exc):
            report(context, exc)
        raise asyncio.CancelledError from None


@contextmanager
def _following(servicer: Any, future: Any) -> Iterator[Any]:
    """Cancel ``future`` when the client is gone or nobody waits for it any more."""
    if not servicer.add_callback(future.cancel):
        future.cancel()
    try:
        yield future
    except CancelledError as exc:
        raise exc if servicer.is_active() else Cancelled() from None
    finally:
        future.cancel()


@contextmanager
def _stream_slot(runtime: SyncRuntime) -> Iterator[None]:
    """One of the streams that may be open at once."""
    if not runtime.streams.acquire(blocking=False):
        raise ResourceExhausted("Too many streams are open. Try again when one has ended.")
    try:
        yield
    finally:
        runtime.streams.release()


def _abort(plan: CallPlan, servicer: Any, context: Context, exc: BaseException) -> None:
    status = ended(plan, context, exc)
    servicer.abort(status.code, status.details)


def _sync_channel(
    plan: CallPlan, request: Any, servicer: Any, write: Callable[[Any], Any] | None = None
) -> SyncChannel:
    requests = request if plan.request_stream else iter(())
    return SyncChannel(plan, requests, write, partial(_send_head, servicer))


def _send_head(servicer: Any, metadata: Metadata) -> None:
    try:
        servicer.send_initial_metadata(metadata)
    except grpc.RpcError:  # the client is gone
        raise Cancelled from None


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
    plan: CallPlan, requests: Pipe[Any] | None, servicer: Any, write: Callable[[Any], Any]
) -> AsyncChannel:
    async def send_initial_metadata(metadata: Metadata) -> None:
        _send_head(servicer, metadata)

    return AsyncChannel(plan, requests or NO_MORE, write, send_initial_metadata)
