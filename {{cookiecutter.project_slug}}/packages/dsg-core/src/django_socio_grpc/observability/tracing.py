"""A span for each call, by OpenTelemetry."""

from typing import Any

from grpc import StatusCode
from opentelemetry import context as contexts
from opentelemetry import propagate, trace

import django_socio_grpc
from django_socio_grpc import current
from django_socio_grpc.adapters.observers import Begun, Ended
from django_socio_grpc.address import peer_address
from django_socio_grpc.calls.plan import CallPlan
from django_socio_grpc.context import Context
from django_socio_grpc.observability.methods import FAULTS, method_of


class Tracing:
    """An observer that makes each call a span, the client's trace going on in it.

    It speaks to OpenTelemetry's API alone: which spans are kept, and where they go, is said by the
    tracer provider that the project sets up. What the handler does is within the span, in
    whichever thread it runs. ``opentelemetry-instrumentation-grpc`` does the same by interceptors,
    but its one for grpc.aio cannot take handlers that write their replies, which ours are.
    """

    def __init__(self) -> None:
        self._tracer = trace.get_tracer("django_socio_grpc", django_socio_grpc.__version__)

    def __call__(self, plan: CallPlan) -> Begun:
        method = method_of(plan)
        tracer = self._tracer
        attributes = {
            "rpc.system": "grpc",
            "rpc.service": method.service,
            "rpc.method": method.name,
        }

        def begun(context: Context) -> Ended:
            before = contexts.get_current()
            parent = propagate.extract(_texts(context), before)
            span = tracer.start_span(
                method.path, parent, kind=trace.SpanKind.SERVER, attributes=attributes
            )
            ids = span.get_span_context()
            if span.is_recording():
                span.set_attributes(_peer(context.peer()))
            contexts.attach(trace.set_span_in_context(span, parent))
            if ids.is_valid:
                current.enter_trace(
                    {
                        "trace_id": trace.format_trace_id(ids.trace_id),
                        "span_id": trace.format_span_id(ids.span_id),
                    }
                )

            def ended(code: StatusCode) -> None:
                span.set_attribute("rpc.grpc.status_code", code.value[0])
                if code in FAULTS:
                    span.set_status(trace.Status(trace.StatusCode.ERROR, code.name))
                span.end()
                # Not detached by its token, which is of no use where another thread ends the
                # call. A thread of grpc's own serves others after it.
                contexts.attach(before)
                current.enter_trace(current.NO_TRACE)

            return ended

        return begun


def _texts(context: Context) -> dict[str, str]:
    """The metadata that may say which trace the call belongs to."""
    return {k: v for k, v in context.invocation_metadata() if isinstance(v, str)}


def _peer(peer: str) -> dict[str, Any]:
    """The client's address by the names that OpenTelemetry gives its parts."""
    host, port = peer_address(peer)
    if not port.isdecimal():
        return {}
    return {"network.peer.address": host, "network.peer.port": int(port)}
