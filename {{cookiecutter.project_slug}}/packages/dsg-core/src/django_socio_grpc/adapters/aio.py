"""Plans on ``grpc.aio``."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import grpc
import grpc.aio
from grpc import StatusCode
from grpc.aio import EOF

from django_socio_grpc.adapters.aio_messages import send_head
from django_socio_grpc.adapters.aio_streams import in_thread as stream_in_thread
from django_socio_grpc.adapters.aio_streams import metadata_from_thread, on_loop, reply
from django_socio_grpc.adapters.channel import NO_MORE, AsyncChannel, SyncChannel
from django_socio_grpc.adapters.endings import ended, told
from django_socio_grpc.adapters.runtime import AioRuntime
from django_socio_grpc.adapters.transports import AioTransport
from django_socio_grpc.calls.failures import report
from django_socio_grpc.calls.pipeline import aunary
from django_socio_grpc.calls.plan import CallPlan
from django_socio_grpc.context import Context
from django_socio_grpc.exceptions import Abort, Cancelled
from django_socio_grpc.statuses import to_status

logger = logging.getLogger("django_socio_grpc.request")

Behavior = Callable[[Any, Any], Any]


def method_handler(plan: CallPlan, runtime: AioRuntime) -> "grpc.RpcMethodHandler[Any, Any]":
    """Return what ``grpc.aio`` calls for the RPC of ``plan``; messages are bytes both ways.

    The requests are a stream on the wire's side even where the RPC takes one: only so can a call
    that carries no message be answered. Of several the first one counts, as on ``grpc.server``:
    to look for another takes a turn of the loop, which is a tenth of what a call costs.
    """
    call = behavior(plan, runtime, reads=True)
    if plan.response_stream:
        return grpc.stream_stream_rpc_method_handler(call)
    return grpc.stream_unary_rpc_method_handler(call)


def behavior(plan: CallPlan, runtime: AioRuntime, *, reads: bool = False) -> Behavior:
    """Return the function that serves ``plan``, as a servicer's method.

    ``reads`` tells that it takes the one request of an RPC from the wire itself.
    """
    serve: Callable[..., Awaitable[Any]]
    if plan.request_stream or plan.response_stream:
        serve = on_loop if plan.is_async else stream_in_thread
    else:
        serve = _on_loop if plan.is_async else _in_thread
    reads = reads and not plan.request_stream
    service_name = plan.service_class.__name__

    async def call(request: Any, servicer: Any) -> Any:
        transport = AioTransport(servicer, runtime.leaving)
        context = Context(transport, service_name, plan.name)
        try:
            if reads:
                request = plan.decode(await _first_message(servicer))
            return await serve(plan, request, servicer, context, runtime)
        except asyncio.CancelledError as exc:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                await _answer_cancelled(plan, context, servicer)
                raise
            status = ended(plan, context, exc)
        except GeneratorExit:
            raise
        except BaseException as exc:  # of any class: somebody waits for an answer
            status = ended(plan, context, exc)
        finally:
            transport.end()
        await servicer.abort(status.code, status.details)

    return call


async def _answer_cancelled(plan: CallPlan, context: Context, servicer: Any) -> None:
    """Tell the client that the call is cancelled, if it waits for an answer.

    It does if the handler cancelled its own task, which looks like a call that the client has
    cancelled, or the server when it stops: only the attempt to answer tells one from the other.
    """
    try:
        status = told(plan, context, to_status(Cancelled()))
        await servicer.abort(status.code, status.details)
    except grpc.aio.AbortError:  # it was sent
        report(context, Cancelled())
    except Exception as exc:  # of many classes, and all mean that nobody waits
        logger.debug("%s: nobody waits for its status (%r).", context.path, exc)


async def _on_loop(
    plan: CallPlan, request: Any, servicer: Any, context: Context, runtime: AioRuntime
) -> Any:
    """An async handler without streams: it runs where it is; its ORM work has a slot."""
    context.channel = AsyncChannel(plan, NO_MORE, servicer.write, partial(send_head, servicer))
    slot = await runtime.slots.enter() if runtime.slots else None
    try:
        return await aunary(plan, request, context)
    finally:
        if slot is not None:
            slot.leave()


def _in_thread(
    plan: CallPlan, request: Any, servicer: Any, context: Context, runtime: AioRuntime
) -> Awaitable[Any]:
    """A sync handler without streams: one hop for all that the call does."""
    context.channel = SyncChannel(plan, NO_MORE, None, metadata_from_thread(servicer))
    return runtime.threads.run(reply, plan, request, context)


async def _first_message(servicer: Any) -> Any:
    data = await servicer.read()
    if data is EOF:
        raise Abort(StatusCode.UNIMPLEMENTED, "The call carries no message, and takes one.")
    return data
