"""Plans on ``grpc.aio``."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import grpc
import grpc.aio
from grpc import StatusCode
from grpc.aio import EOF

from django_socio_grpc.adapters.aio_streams import in_thread as stream_in_thread
from django_socio_grpc.adapters.aio_streams import metadata_from_thread, on_loop
from django_socio_grpc.adapters.channel import SyncChannel
from django_socio_grpc.adapters.endings import ended, told
from django_socio_grpc.adapters.runtime import AioRuntime
from django_socio_grpc.adapters.transports import AioTransport
from django_socio_grpc.calls.pipeline import report, unary
from django_socio_grpc.calls.plan import CallPlan
from django_socio_grpc.context import Context
from django_socio_grpc.exceptions import Abort, Cancelled
from django_socio_grpc.statuses import to_status

logger = logging.getLogger("django_socio_grpc.request")

Behavior = Callable[[Any, Any], Any]


def method_handler(plan: CallPlan, runtime: AioRuntime) -> "grpc.RpcMethodHandler[Any, Any]":
    """Return what ``grpc.aio`` calls for the RPC of ``plan``; messages are bytes both ways.

    The requests are a stream on the wire's side even where the RPC takes one: only so can a call
    that carries no message, or two, be answered.
    """

    async def only_request(requests: Any, servicer: Any) -> Any:
        return plan.decode(await _only_message(servicer))

    call = behavior(plan, runtime, only_request)
    if plan.response_stream:
        return grpc.stream_stream_rpc_method_handler(call)
    return grpc.stream_unary_rpc_method_handler(call)


async def _given_request(request: Any, servicer: Any) -> Any:
    return request


def behavior(
    plan: CallPlan, runtime: AioRuntime, only_request: Behavior = _given_request
) -> Behavior:
    """Return the function that serves ``plan``, as a servicer's method.

    ``only_request`` gives the one request of an RPC without a stream of them.
    """
    streams = plan.request_stream or plan.response_stream
    serve = on_loop if plan.is_async else stream_in_thread if streams else _in_thread

    async def call(requests: Any, servicer: Any) -> Any:
        transport = AioTransport(servicer, runtime.leaving)
        context = Context(transport, plan.service_class.__name__, plan.name)
        try:
            request = None if plan.request_stream else await only_request(requests, servicer)
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


async def _in_thread(
    plan: CallPlan, request: Any, servicer: Any, context: Context, runtime: AioRuntime
) -> Any:
    """A sync handler without streams: one hop for all that the call does."""
    context.channel = SyncChannel(plan, iter(()), None, metadata_from_thread(servicer))
    return await runtime.threads.run(unary, plan, request, context)


async def _only_message(servicer: Any) -> Any:
    data = await servicer.read()
    if data is EOF:
        raise Abort(StatusCode.UNIMPLEMENTED, "The call carries no message, and takes one.")
    if await servicer.read() is not EOF:
        raise Abort(
            StatusCode.UNIMPLEMENTED, "The call carries more messages than the one it takes."
        )
    return data
