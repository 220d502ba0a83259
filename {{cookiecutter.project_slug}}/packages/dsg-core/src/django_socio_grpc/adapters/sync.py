"""Plans on ``grpc.server``."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from functools import partial
from typing import Any

import grpc
from grpc import StatusCode

from django_socio_grpc.adapters.admission import QueuedRoom
from django_socio_grpc.adapters.channel import SyncRequests
from django_socio_grpc.adapters.edge import Edge
from django_socio_grpc.adapters.endings import ended
from django_socio_grpc.adapters.runtime import SyncRuntime
from django_socio_grpc.adapters.sync_drivers import driver_of
from django_socio_grpc.adapters.transports import SyncTransport
from django_socio_grpc.calls.failures import no_message, several_messages
from django_socio_grpc.calls.plan import CallPlan
from django_socio_grpc.context import Context
from django_socio_grpc.exceptions import Cancelled, ResourceExhausted
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.statuses import to_status

Behavior = Callable[[Any, Any], Any]


class ServiceHandler(grpc.ServiceRpcHandler):
    """What ``grpc.server`` serves the plans of one service by, from and to bytes.

    grpc asks it for the handler of each call before the call waits for a thread: if there are
    too many, it is one that says so at once, in a thread of its own.
    """

    def __init__(self, name: str, plans: Mapping[str, CallPlan], runtime: SyncRuntime) -> None:
        self._name = name
        self._room = runtime.room
        handlers, refusals = {}, {}
        for rpc, plan in plans.items():
            handlers[f"/{name}/{rpc}"] = method_handler(plan, runtime)
            refusals[f"/{name}/{rpc}"] = _refusal(plan, runtime)
        self._handlers, self._refusals = handlers, refusals

    def service_name(self) -> str:
        return self._name

    def service(self, handler_call_details: Any) -> Any:
        handlers = self._refusals if self._room.is_full() else self._handlers
        return handlers.get(handler_call_details.method)


def method_handler(plan: CallPlan, runtime: SyncRuntime) -> "grpc.RpcMethodHandler[Any, Any]":
    """Return what ``grpc.server`` calls for the RPC of ``plan``; messages are bytes both ways.

    The requests are a stream on the wire's side even where the RPC takes one: only so can a thread
    be freed whose client sends none.
    """
    return _handler(plan, behavior(plan, runtime, reads=not plan.request_stream))


def _handler(plan: CallPlan, call: Behavior) -> "grpc.RpcMethodHandler[Any, Any]":
    if plan.response_stream:
        return grpc.stream_stream_rpc_method_handler(call)
    return grpc.stream_unary_rpc_method_handler(call)


def behavior(plan: CallPlan, runtime: SyncRuntime, *, reads: bool = False) -> Behavior:
    """Return the function that serves ``plan``, as a servicer's method.

    ``reads`` tells that it takes the one request of an RPC from the wire itself.
    """
    drive = driver_of(plan)
    edge, door = Edge(plan, runtime), runtime.door
    read = _reader(plan, runtime) if reads else None
    streams = plan.request_stream or plan.response_stream
    place = partial(_stream_slot, runtime) if streams else nullcontext
    if plan.is_async:
        _ = runtime.loop  # started now, not by the first call

    def request_of(request: Any, transport: SyncTransport) -> Any:
        if plan.request_stream:
            transport.requests = SyncRequests(request)
            return transport.requests
        return plan.decode(request) if read is None else read(request, transport)

    def call(request: Any, servicer: Any) -> Any:
        transport = SyncTransport(servicer, runtime.leaving, reads=plan.request_stream)
        context = Context(transport, plan.service_class.__name__, plan.name)
        edge.open(context, transport)
        try:
            if door.closed:
                door.wait()
            request = request_of(request, transport)
            transport.check_time()
            with place():
                reply = drive(plan, request, transport, context, runtime)
            if transport.failure is not None:
                raise transport.failure
        except BaseException as exc:  # of any class: somebody waits for an answer
            status = ended(plan, context, transport.failure or exc)
            edge.close(transport, status.code)
            servicer.abort(status.code, status.details)
        if not transport.is_active():
            ended(plan, context, Cancelled())  # for the log: nobody is left to be answered
        edge.close(transport, StatusCode.OK)
        return reply

    def stream_call(request: Any, servicer: Any) -> Iterator[Any]:
        transport = SyncTransport(servicer, runtime.leaving, reads=plan.request_stream)
        transport.stalled = runtime.stalled
        context = Context(transport, plan.service_class.__name__, plan.name)
        edge.open(context, transport)
        try:
            if door.closed:
                door.wait()
            request = request_of(request, transport)
            transport.check_time()
            with (
                place(),
                closing(drive(plan, request, transport, context, runtime)) as replies,
            ):
                for reply in replies:
                    transport.sends = True  # first: either this or ``interrupt`` sees the other
                    if transport.failure is None:
                        yield reply
                    transport.sends = False
                    if transport.failure is not None:
                        break
            if transport.failure is not None:
                raise transport.failure
        except GeneratorExit:
            ended(plan, context, Cancelled())
            edge.close(transport, StatusCode.CANCELLED)
            raise
        except BaseException as exc:
            status = ended(plan, context, transport.failure or exc)
            edge.close(transport, status.code)
            servicer.abort(status.code, status.details)
        if not transport.is_active():
            ended(plan, context, Cancelled())
        edge.close(transport, StatusCode.OK)

    return stream_call if plan.response_stream else call


def _reader(plan: CallPlan, runtime: SyncRuntime) -> Callable[[Iterator[Any], SyncTransport], Any]:
    """Return what takes the one request of a call from the wire."""
    timeouts, strict, decode = runtime.first_message, grpc_settings.STRICT_UNARY, plan.decode

    def read(requests: Iterator[Any], transport: SyncTransport) -> Any:
        messages = SyncRequests(requests)
        transport.reads = True
        runtime.away(True)
        if timeouts is not None:
            timeouts.begin(transport)
        try:
            data = next(messages, None)
            if strict and data is not None and next(messages, None) is not None:
                raise several_messages()
        finally:
            transport.reads = False
            runtime.away(False)
            if timeouts is not None:
                timeouts.end(transport)
        if data is None:
            raise no_message()
        return decode(data)

    return read


def _refusal(plan: CallPlan, runtime: SyncRuntime) -> "grpc.RpcMethodHandler[Any, Any]":
    edge = Edge(plan, runtime)
    room: QueuedRoom = runtime.room

    def refuse(request: Any, servicer: Any) -> None:
        transport = SyncTransport(servicer, runtime.leaving)
        edge.open(Context(transport, plan.service_class.__name__, plan.name), transport)
        status = to_status(room.refusal())
        edge.close(transport, status.code)
        servicer.abort(status.code, status.details)

    # By this attribute grpc knows the threads of a handler that is not to wait for the others.
    refuse.experimental_thread_pool = room.thread  # type: ignore[attr-defined]
    return _handler(plan, refuse)


@contextmanager
def _stream_slot(runtime: SyncRuntime) -> Iterator[None]:
    """One of the streams that may be open at once."""
    if not runtime.streams.acquire(blocking=False):
        raise ResourceExhausted("Too many streams are open. Try again when one has ended.")
    try:
        yield
    finally:
        runtime.streams.release()
