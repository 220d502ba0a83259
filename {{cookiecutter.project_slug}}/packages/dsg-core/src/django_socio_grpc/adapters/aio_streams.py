"""Plans with streams on ``grpc.aio``."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from typing import Any

from grpc.aio import InternalError

from django_socio_grpc.adapters.aio_messages import Replies, Requests, gone, send_head
from django_socio_grpc.adapters.channel import NO_MORE, AsyncChannel, SyncChannel
from django_socio_grpc.adapters.endings import heard, note_unheard
from django_socio_grpc.adapters.runtime import AioRuntime
from django_socio_grpc.calls.pipeline import astream, aunary, stream, unary
from django_socio_grpc.calls.plan import CallPlan
from django_socio_grpc.concurrency import Pipe, PipeClosed, await_from_thread
from django_socio_grpc.context import Context, Metadata
from django_socio_grpc.exceptions import Cancelled


async def on_loop(
    plan: CallPlan, request: Any, servicer: Any, context: Context, runtime: AioRuntime
) -> Any:
    """An async handler: it runs where it is; its ORM work has a slot."""
    replies = Replies(servicer)
    requests = Requests(servicer, plan.decode) if plan.request_stream else None
    channel = AsyncChannel(plan, requests or NO_MORE, replies.write, replies.send_initial_metadata)
    context.channel = channel
    if plan.request_stream:
        request = channel
    try:
        if not plan.response_stream:
            return await aunary(plan, request, context)
        await astream(plan, request, context, replies.send)
        await replies.flush()
    finally:
        if requests is not None:
            requests.close()
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
    drive = (_push, replies) if plan.response_stream else (reply,)
    job = asyncio.create_task(runtime.threads.run_stream(*drive, plan, request, context))
    job.add_done_callback(lambda _: replies.finish())
    tasks.append(job)
    try:
        while batch := await replies.atake():
            for data in batch:
                try:
                    await servicer.write(data)
                except InternalError:
                    await gone()
        return await job
    finally:
        # Wherever the thread waits, it wakes up and sees that the call is over.
        requests.finish(Cancelled())
        replies.close()
        for task in tasks:
            task.cancel()


def _push(replies: Pipe[Any], plan: CallPlan, request: Any, context: Context) -> None:
    with closing(heard(stream(plan, request, context), context)) as items:
        for item in items:
            replies.put(item)


def reply(plan: CallPlan, request: Any, context: Context) -> Any:
    """Serve a sync handler with one reply, in a worker's thread."""
    try:
        return unary(plan, request, context)
    except Exception as exc:
        note_unheard(context, exc)
        raise


async def _pump(servicer: Any, requests: Pipe[Any]) -> None:
    """Read the requests for a thread, which decodes them itself, and ahead of it."""
    error: Exception | None = None
    coming = Requests(servicer, _as_it_is)
    try:
        async for data in coming:
            await requests.aput(data)
    except PipeClosed:
        return
    except Exception as exc:  # whatever it is, the thread must not wait for ever
        error = exc
    finally:
        coming.close()
    requests.finish(error)


def _as_it_is(data: Any) -> Any:
    return data


def metadata_from_thread(servicer: Any) -> Callable[[Metadata], None]:
    """Return what sends the initial metadata for a sync handler, which waits for it."""

    return lambda metadata: await_from_thread(send_head(servicer, metadata))
