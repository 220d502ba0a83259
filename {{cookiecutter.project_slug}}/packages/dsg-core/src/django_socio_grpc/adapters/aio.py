"""Plans on ``grpc.aio``."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import grpc
import grpc.aio
from grpc import StatusCode
from grpc.aio import EOF

from django_socio_grpc.adapters.admission import Refused
from django_socio_grpc.adapters.aio_messages import send_head
from django_socio_grpc.adapters.aio_streams import in_thread as stream_in_thread
from django_socio_grpc.adapters.aio_streams import metadata_from_thread, on_loop, reply
from django_socio_grpc.adapters.channel import NO_MORE, AsyncChannel, SyncChannel
from django_socio_grpc.adapters.edge import Edge
from django_socio_grpc.adapters.endings import ended
from django_socio_grpc.adapters.runtime import AioRuntime
from django_socio_grpc.adapters.transports import AioTransport
from django_socio_grpc.calls.failures import no_message, several_messages
from django_socio_grpc.calls.pipeline import aunary
from django_socio_grpc.calls.plan import CallPlan
from django_socio_grpc.context import Context
from django_socio_grpc.exceptions import Cancelled
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.statuses import to_status

logger = logging.getLogger("django_socio_grpc.request")

Behavior = Callable[[Any, Any], Any]


def service_handler(
    name: str, plans: Mapping[str, CallPlan], runtime: AioRuntime
) -> grpc.GenericRpcHandler:
    """Return what ``grpc.aio`` serves ``plans`` by, whose messages are bytes both ways."""
    handlers = {rpc: method_handler(plan, runtime) for rpc, plan in plans.items()}
    return grpc.method_handlers_generic_handler(name, handlers)


def method_handler(plan: CallPlan, runtime: AioRuntime) -> "grpc.RpcMethodHandler[Any, Any]":
    """Return what ``grpc.aio`` calls for the RPC of ``plan``; messages are bytes both ways.

    The requests are a stream on the wire's side even where the RPC takes one: only so can a call
    that carries no message be answered. Of several the first one counts, as on ``grpc.server``,
    unless STRICT_UNARY has the server look for another: that takes a turn of the loop, which is a
    tenth of what a call costs.
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
    edge, room, door = Edge(plan, runtime), runtime.room, runtime.door
    read = _reader(plan, runtime) if reads and not plan.request_stream else None
    service_name = plan.service_class.__name__
    unary = not plan.response_stream

    async def call(request: Any, servicer: Any) -> Any:
        transport = AioTransport(servicer, runtime.leaving)
        context = Context(transport, service_name, plan.name)
        edge.open(context, transport)
        try:
            room.enter()
            if door.closed:
                await door.wait()
            if read is not None:
                request = await read(servicer, transport)
            transport.check_time()
            reply = await serve(plan, request, servicer, context, runtime)
            if transport.failure is not None:  # the handler has swallowed that it is cancelled
                raise transport.failure
            if transport.compressed and unary:
                await _tell_compression(servicer)
        except asyncio.CancelledError as exc:
            if transport.is_cancelled():
                await _answer_cancelled(plan, context, servicer)
                edge.close(transport, StatusCode.CANCELLED)
                raise
            status = ended(plan, context, transport.failure or exc)
        except Refused as exc:
            status = to_status(exc)
        except GeneratorExit:
            edge.close(transport, StatusCode.CANCELLED)
            raise
        except BaseException as exc:  # of any class: somebody waits for an answer
            status = ended(plan, context, exc)
        else:
            edge.close(transport, StatusCode.OK)
            return reply
        finally:
            room.leave()
            if context.orm_slot is not None:
                context.orm_slot.leave()
        edge.close(transport, status.code)
        await servicer.abort(status.code, status.details)

    return call


def _reader(plan: CallPlan, runtime: AioRuntime) -> Callable[[Any, AioTransport], Awaitable[Any]]:
    """Return what takes the one request of a call from the wire."""
    timeouts, strict, decode = runtime.first_message, grpc_settings.STRICT_UNARY, plan.decode

    async def read(servicer: Any, transport: AioTransport) -> Any:
        if timeouts is not None:
            timeouts.begin(transport)
        try:
            data = await servicer.read()
            if strict and data is not EOF and await servicer.read() is not EOF:
                raise several_messages()
        finally:
            if timeouts is not None:
                timeouts.end(transport)
        if data is EOF:
            raise no_message()
        return decode(data)

    return read


async def _tell_compression(servicer: Any) -> None:
    """Send what says how the reply is compressed: grpc.aio does not, along with a single reply."""
    with suppress(grpc.aio.UsageError):  # the handler has sent it
        await servicer.send_initial_metadata(())


async def _answer_cancelled(plan: CallPlan, context: Context, servicer: Any) -> None:
    """Log that the call is cancelled, and tell the client, if it waits for an answer.

    It does if the handler cancelled its own task, which looks like a call that the client has
    cancelled, or the server when it stops.
    """
    status = ended(plan, context, Cancelled())
    # Of a status that it cannot send, grpc.aio never frees the parts, up to a KiB for each call:
    # ask first whether somebody is there, and where that is not to be had, send little.
    try:
        try:
            await servicer.send_initial_metadata(())
        except grpc.aio.UsageError:  # there have been replies
            servicer.set_trailing_metadata(())
        await servicer.abort(status.code, status.details)
    except grpc.aio.AbortError:
        return  # it was sent
    except Exception as exc:  # of many classes, and all mean that nobody waits
        logger.debug("%s: nobody waits for its status (%r).", context.path, exc)


def _on_loop(
    plan: CallPlan, request: Any, servicer: Any, context: Context, runtime: AioRuntime
) -> Awaitable[Any]:
    """An async handler without streams: it runs where it is; its ORM work has a slot."""
    context.channel = AsyncChannel(plan, NO_MORE, servicer.write, partial(send_head, servicer))
    return aunary(plan, request, context)


def _in_thread(
    plan: CallPlan, request: Any, servicer: Any, context: Context, runtime: AioRuntime
) -> Awaitable[Any]:
    """A sync handler without streams: one hop for all that the call does."""
    context.channel = SyncChannel(plan, NO_MORE, None, metadata_from_thread(servicer))
    return runtime.threads.run(reply, plan, request, context)
