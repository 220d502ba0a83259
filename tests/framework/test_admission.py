"""More calls than a server takes on."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from declared import Stub, stub_of
from django.test import override_settings
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from grpc_health.v1 import health_pb2, health_pb2_grpc
from waiting import until

TEXT = [{"name": "text", "type": "string"}]
PATIENCE = 10.0


class Crowded(Service):
    service_name = "Crowded"
    pb: Any
    open = threading.Event()
    begun = threading.Semaphore(0)

    @grpc_action(request=TEXT, response=TEXT)
    def Wait(self, request: Any, context: Any) -> Any:
        Crowded.begun.release()
        Crowded.open.wait(PATIENCE)
        return self.pb.CrowdedWaitResponse(text="done")

    @grpc_action(request=TEXT, response=TEXT)
    async def WaitAsync(self, request: Any, context: Any) -> Any:
        Crowded.begun.release()
        while not Crowded.open.is_set():
            await asyncio.sleep(0.01)
        return self.pb.CrowdedWaitAsyncResponse(text="done")

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Chat(self, request: Any, context: Any) -> Iterator[Any]:
        for message in request:
            yield self.pb.CrowdedChatResponse(text=message.text)


@pytest.fixture
def stub(mode: Mode) -> Iterator[Stub]:
    Crowded.open.clear()
    Crowded.begun = threading.Semaphore(0)
    settings = {"MAX_CONCURRENT_RPCS": 4, "ENABLE_HEALTH_CHECK": True}
    with (
        override_settings(GRPC_FRAMEWORK=settings),
        stub_of(mode, Crowded, max_workers=4) as stub,
    ):
        try:
            yield stub.options(timeout=PATIENCE)
        finally:
            Crowded.open.set()


@contextmanager
def filled(stub: Stub, name: str) -> Iterator[None]:
    """Within this block the server has as many calls as it has room for; then they go well."""
    request = getattr(stub.pb, f"Crowded{name}Request")()
    calls = [stub.method(name).future(request, timeout=PATIENCE) for _ in range(4)]
    for _ in calls:
        assert Crowded.begun.acquire(timeout=PATIENCE)
    yield
    Crowded.open.set()
    assert [call.result().text for call in calls] == ["done"] * 4


def refused(stub: Stub, name: str) -> grpc.RpcError:
    """The error of one call more."""
    with pytest.raises(grpc.RpcError) as caught:
        getattr(stub, name)()
    error: grpc.RpcError = caught.value
    return error


@pytest.mark.parametrize("name", ["Wait", "WaitAsync"])
def test_a_call_too_many_is_refused_at_once(stub: Stub, name: str) -> None:
    with filled(stub, name):
        error = refused(stub, name)
    assert error.code() is StatusCode.RESOURCE_EXHAUSTED
    assert error.details() == "The server is at its limit of 4 calls. Try again later."
    assert getattr(stub, name)().text == "done"  # there is room again


def test_streams_are_refused_too(stub: Stub) -> None:
    with filled(stub, "Wait"), pytest.raises(grpc.RpcError) as caught:
        next(stub.Chat(iter([stub.pb.CrowdedChatRequest(text="x")])))
    assert caught.value.code() is StatusCode.RESOURCE_EXHAUSTED


def test_on_sync_those_that_wait_for_a_thread_count() -> None:
    Crowded.open.clear()
    Crowded.begun = threading.Semaphore(0)
    with (
        override_settings(GRPC_FRAMEWORK={"MAX_CONCURRENT_RPCS": 4}),
        stub_of("sync", Crowded, max_workers=2) as stub,
    ):
        request = stub.pb.CrowdedWaitRequest()
        calls = [stub.method("Wait").future(request, timeout=PATIENCE) for _ in range(8)]
        until(lambda: sum(call.done() for call in calls) >= 4, "four that are refused")
        codes = Counter(call.code() for call in calls if call.done())
        Crowded.open.set()
        assert codes == {StatusCode.RESOURCE_EXHAUSTED: 4}
        assert Counter(call.code() for call in calls)[StatusCode.OK] == 4


def test_health_answers_when_there_is_no_room(stub: Stub) -> None:
    with filled(stub, "Wait"):
        health: Any = health_pb2_grpc.HealthStub(stub._channel)
        reply = health.Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
    assert reply.status == health_pb2.HealthCheckResponse.SERVING


def test_a_flood_of_refusals_is_no_flood_of_records(
    stub: Stub, caplog: pytest.LogCaptureFixture
) -> None:
    with filled(stub, "Wait"):
        for _ in range(50):
            refused(stub, "Wait")
    records = [record for record in caplog.records if "MAX_CONCURRENT_RPCS" in record.message]
    assert 0 < len(records) < 25


def test_a_method_that_there_is_not_is_unimplemented_all_the_same(stub: Stub) -> None:
    with filled(stub, "Wait"):
        call: Any = stub._channel.unary_unary("/tests.CrowdedController/Nothing")
        with pytest.raises(grpc.RpcError) as caught:
            call(b"", timeout=PATIENCE)
    assert caught.value.code() is StatusCode.UNIMPLEMENTED
