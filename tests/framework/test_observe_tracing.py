"""Calls as spans of OpenTelemetry's, on both servers."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from declared import code_of
from django.test import override_settings
from django_socio_grpc import log
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from observed import (
    KINDS,
    AsyncObserved,
    Samples,
    SyncObserved,
    kinds,
    logger,
    observed,
    open_call,
    say,
    services,
)
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from waiting import until

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = ("traceparent", f"00-{TRACE}-{PARENT}-01")
ON = {"TRACING": True}
TEXT = [{"name": "text", "type": "string"}]

exporter = InMemorySpanExporter()


@pytest.fixture(scope="module", autouse=True)
def provider() -> None:
    """The tracer provider of this process, which OpenTelemetry lets be set once."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


@pytest.fixture(autouse=True)
def _forget() -> None:
    exporter.clear()


def attributes(span: ReadableSpan) -> dict[str, Any]:
    assert span.attributes is not None
    return dict(span.attributes)


def ended(name: str) -> list[ReadableSpan]:
    return [span for span in exporter.get_finished_spans() if span.name == name]


@services
@kinds
@override_settings(GRPC_FRAMEWORK=ON)
def test_a_call_is_a_span_of_the_clients_trace(
    mode: Mode, service: type[Service], kind: str
) -> None:
    name = f"tests.ObservedController/{kind}"
    with observed(mode, service) as (_, stub):
        say(stub.options(metadata=[TRACEPARENT]), kind, "x", "y")
        say(stub, kind, "x")
    first, second = ended(name)
    assert first.kind is trace.SpanKind.SERVER
    assert trace.format_trace_id(first.context.trace_id) == TRACE
    assert first.parent is not None
    assert trace.format_span_id(first.parent.span_id) == PARENT
    found = attributes(first)
    assert found["network.peer.address"] == "127.0.0.1"
    assert found["network.peer.port"] > 0
    assert {key: value for key, value in found.items() if key.startswith("rpc.")} == {
        "rpc.system": "grpc",
        "rpc.service": "tests.ObservedController",
        "rpc.method": kind,
        "rpc.grpc.status_code": 0,
    }
    assert first.status.status_code is trace.StatusCode.UNSET
    # What has come with one call is not the next one's.
    assert second.parent is None
    assert second.context.trace_id != first.context.trace_id


@services
@kinds
@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        ("missing", StatusCode.NOT_FOUND, trace.StatusCode.UNSET),
        ("bug", StatusCode.INTERNAL, trace.StatusCode.ERROR),
    ],
)
@override_settings(GRPC_FRAMEWORK=ON)
def test_a_call_that_fails(
    mode: Mode,
    service: type[Service],
    kind: str,
    text: str,
    code: StatusCode,
    status: trace.StatusCode,
) -> None:
    with observed(mode, service) as (_, stub):
        assert code_of(lambda: say(stub, kind, text)) is code
    (span,) = ended(f"tests.ObservedController/{kind}")
    assert attributes(span)["rpc.grpc.status_code"] == code.value[0]
    assert span.status.status_code is status
    assert "secret" not in span.to_json()


@services
@kinds
@override_settings(GRPC_FRAMEWORK=ON)
def test_a_call_that_its_client_gives_up(mode: Mode, service: type[Service], kind: str) -> None:
    name = f"tests.ObservedController/{kind}"
    with observed(mode, service, metrics_port=0) as (server, stub):
        call = open_call(stub, kind, "late")
        until(lambda: Samples(server).value("grpc_server_in_flight", grpc_method=kind))
        call.cancel()
        (span,) = until(lambda: ended(name))
    assert attributes(span)["rpc.grpc.status_code"] == StatusCode.CANCELLED.value[0]


class SyncParent(Service):
    service_name = "Parent"
    pb: Any

    def child(self, name: str) -> str:
        with trace.get_tracer("project").start_as_current_span(name):
            return name

    @grpc_action(request=TEXT, response=TEXT)
    def Unary(self, request: Any, context: Any) -> Any:
        return self.pb.ParentUnaryResponse(text=self.child("child"))

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Stream(self, request: Any, context: Any) -> Iterator[Any]:
        for _ in range(2):
            yield self.pb.ParentStreamResponse(text=self.child("child"))

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Written(self, request: Any, context: Any) -> Any:
        for _ in range(2):
            context.write(self.pb.ParentWrittenResponse(text=self.child("child")))


class AsyncParent(SyncParent):
    async def Unary(self, request: Any, context: Any) -> Any:
        await sync_to_async(self.child)("child")
        return self.pb.ParentUnaryResponse(text=self.child("child"))

    async def Stream(self, request: Any, context: Any) -> Any:
        for _ in range(2):
            yield self.pb.ParentStreamResponse(text=self.child("child"))

    async def Written(self, request: Any, context: Any) -> None:
        for _ in range(2):
            await context.write(self.pb.ParentWrittenResponse(text=self.child("child")))


@pytest.mark.parametrize("service", [SyncParent, AsyncParent])
@pytest.mark.parametrize("kind", ["Unary", "Stream", "Written"])
@override_settings(GRPC_FRAMEWORK=ON)
def test_the_handlers_own_spans_are_children(
    mode: Mode, service: type[Service], kind: str
) -> None:
    with observed(mode, service) as (_, stub):
        for _ in range(2):
            reply = getattr(stub, kind)(text="x")
            list(reply if kind != "Unary" else [reply])
    calls = ended(f"tests.ParentController/{kind}")
    assert len(calls) == 2
    for call in calls:
        own = [c for c in ended("child") if c.context.trace_id == call.context.trace_id]
        assert own
        assert all(c.parent is not None for c in own)
        assert {c.parent.span_id for c in own if c.parent} == {call.context.span_id}
    by_trace = {call.context.trace_id for call in calls}
    assert {child.context.trace_id for child in ended("child")} == by_trace


@services
@kinds
@override_settings(GRPC_FRAMEWORK=ON)
def test_log_records_carry_the_trace(
    mode: Mode, service: type[Service], kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    before = logging.getLogRecordFactory()
    log.set_log_record_factory()
    try:
        with observed(mode, service) as (_, stub):
            code_of(lambda: say(stub.options(metadata=[TRACEPARENT]), kind, "bug"))
            code_of(lambda: say(stub, kind, "bug"))
        logger.info("outside")
    finally:
        logging.setLogRecordFactory(before)
    records: list[Any] = caplog.records
    first, second = ended(f"tests.ObservedController/{kind}")
    for name, text in ((logger.name, "said bug"), ("django_socio_grpc.request", "ValueError")):
        one, other = [r for r in records if r.name == name and text in r.getMessage()]
        assert one.trace_id == TRACE
        assert one.span_id == trace.format_span_id(first.context.span_id)
        assert other.trace_id == trace.format_trace_id(second.context.trace_id)
    (outside,) = [r for r in records if r.getMessage() == "outside"]
    assert not hasattr(outside, "trace_id")


@pytest.mark.parametrize("service", [SyncObserved, AsyncObserved])
@override_settings(GRPC_FRAMEWORK={**ON, "REQUEST_LOG": "all"})
def test_the_record_of_a_call_carries_the_trace(
    mode: Mode, service: type[Service], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "django_socio_grpc.access")
    with observed(mode, service) as (_, stub):
        say(stub.options(metadata=[TRACEPARENT]), "Unary", "x")
    access = "django_socio_grpc.access"
    records: list[Any] = [r for r in caplog.records if r.name == access]
    assert [record.trace_id for record in records] == [TRACE]


@services
@kinds
def test_it_is_off_by_default(mode: Mode, service: type[Service], kind: str) -> None:
    with observed(mode, service) as (_, stub):
        say(stub, kind, "x")
    assert kind in KINDS
    assert exporter.get_finished_spans() == ()
