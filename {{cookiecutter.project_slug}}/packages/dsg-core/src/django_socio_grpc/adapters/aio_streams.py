"""Plans with streams on ``grpc.aio``."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, closing
from typing import Any

from grpc.aio import EOF

from django_socio_grpc.adapters.channel import AsyncChannel, SyncChannel
from django_socio_grpc.adapters.runtime import AioRuntime
from django_socio_grpc.calls.pipeline import astream, aunary, stream, unary
from django_socio_grpc.calls.plan import CallPlan
from django_socio_grpc.concurrency import Pipe, PipeClosed, await_from_thread
from django_socio_grpc.context import Context, Metadata
from django_socio_grpc.exceptions import Cancelled

CANCELLATION_TURNS = 8
"""Turns of the loop after which a cancellation has arrived; it takes one, seldom two."""


async def on_loop(
    plan: CallPlan, request: Any, servicer: Any, context: Context, runtime: AioRuntime
) -> Any:
    """An async handler: it runs where it is; its ORM work has a slot."""
    requests: Pipe[Any] = Pipe()
    replies = _Replies(servicer)
    channel = AsyncChannel(plan, requests, replies.write, servicer.send_initial_metadata)
    context.channel = channel
    pump = asyncio.create_task(_pump(servicer, requests)) if plan.request_stream else None
    if plan.request_stream:
        request = channel
    slot = await runtime.slots.enter() if runtime.slots else None
    try:
        if not plan.response_stream:
            return await aunary(plan, request, context)
        async with aclosing(astream(plan, request, context)) as items:
            async for data in items:
                await replies.send(data)
    finally:
        if pump is not None:
            pump.cancel()
        if slot is not None:
            slot.leave()
        await replies.settle()


async def in_thread(
    plan: CallPlan, request: Any, servicer: Any, context: Context, runtime: AioRuntime
) -> Any:
    """A sync handler with streams: it stays in one thread, and pipes carry the messages."""
    requests: Pipe[Any] = Pipe()
    replies: Pipe[Any] = Pipe()
    write = None if plan.yields else replies.put
    channel = SyncChannel(plan, requests, write, metadata_from_thread(servicer))
    context.channel = channel
    tasks = []
    if plan.request_stream:
        request = channel
        tasks.append(asyncio.create_task(_pump(servicer, requests)))
    drive = (_push, replies) if plan.response_stream else (unary,)
    job = asyncio.create_task(runtime.threads.run_stream(*drive, plan, request, context))
    job.add_done_callback(lambda _: replies.finish())
    tasks.append(job)
    try:
        async for data in replies:
            await servicer.write(data)
        return await job
    finally:
        # Wherever the thread waits, it wakes up and sees that the call is over.
        requests.finish(Cancelled())
        replies.close()
        for task in tasks:
            task.cancel()


def _push(replies: Pipe[Any], plan: CallPlan, request: Any, context: Context) -> None:
    with closing(stream(plan, request, context)) as items:
        for item in items:
            replies.put(item)


async def _pump(servicer: Any, requests: Pipe[Any]) -> None:
    """Read the requests, so that a handler may give up waiting for one and lose none."""
    error: Exception | None = None
    try:
        async for data in _Reads(servicer):
            await requests.aput(data)
    except PipeClosed:
        return
    except Exception:  # of many classes; for the handler they all mean one thing
        error = Cancelled()
    requests.finish(error)


class _Replies:
    """Sends replies one at a time, as grpc.aio needs it, whoever writes them."""

    def __init__(self, servicer: Any) -> None:
        self._write = servicer.write
        self._sending = asyncio.Lock()

    async def send(self, data: Any) -> None:
        async with self._sending:
            await self._write(data)

    async def write(self, data: Any) -> None:
        """As ``send``, and to its end even if nobody waits so long."""
        sending = asyncio.ensure_future(self.send(data))
        sending.add_done_callback(_retrieve)
        await asyncio.shield(sending)

    async def settle(self) -> None:
        """Wait until nothing is being sent: the call cannot end before."""
        while self._sending.locked():
            async with self._sending:
                pass


def _retrieve(future: "asyncio.Future[None]") -> None:
    if not future.cancelled():
        future.exception()


class _Reads:
    """The messages of a call. Unlike grpc's own iterator it may be left half-read."""

    def __init__(self, servicer: Any) -> None:
        self._read = servicer.read

    def __aiter__(self) -> "_Reads":
        return self

    async def __anext__(self) -> Any:
        data = await self._read()
        if data is EOF:
            # grpc.aio ends a cancelled stream too, just before it cancels the task. An upload
            # that was cut must not look complete, so ask once more: the cancellation comes first.
            await self._read()
            for _ in range(CANCELLATION_TURNS):
                await asyncio.sleep(0)
            raise StopAsyncIteration
        return data


def metadata_from_thread(servicer: Any) -> Callable[[Metadata], None]:
    """Return what sends the initial metadata for a sync handler, which waits for it."""

    def send_initial_metadata(metadata: Metadata) -> None:
        await_from_thread(servicer.send_initial_metadata(metadata))

    return send_initial_metadata
