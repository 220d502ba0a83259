"""A client that gives up, a deadline that passes, a server that stops: what handlers notice."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest
from around import Log
from declared import Contract, begun, stub_of
from django_socio_grpc.context import EOF
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import Cancelled
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from grpc import StatusCode

TEXT = [{"name": "text", "type": "string"}]
PATIENCE = 10.0


@pytest.fixture
def log() -> Log:
    Endless.log = Log()
    return Endless.log


class Endless(Service):
    service_name = "Endless"
    pb: Any
    log: Log


class SyncEndless(Endless):
    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Generate(self, request: Any, context: Any) -> Iterator[Any]:
        try:
            while True:
                yield self.pb.EndlessGenerateResponse(text="x")
                time.sleep(0.01)
        finally:
            self.log("closed")

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Write(self, request: Any, context: Any) -> None:
        try:
            while True:
                context.write(self.pb.EndlessWriteResponse(text="x"))
                time.sleep(0.01)
        except Cancelled:
            self.log("closed")
            raise

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    def Upload(self, request: Any, context: Any) -> Any:
        self.log("begun")
        try:
            for _ in request:
                pass
        except Cancelled:
            self.log("closed")
            raise
        self.log("complete")

    @grpc_action(request=TEXT, response=TEXT)
    def Poll(self, request: Any, context: Any) -> Any:
        self.log("begun")
        context.add_done_callback(lambda: self.log("done"))
        while not context.cancelled():
            time.sleep(0.01)
        self.log("closed")
        return self.pb.EndlessPollResponse()


class AsyncEndless(Endless):
    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    async def Generate(self, request: Any, context: Any) -> AsyncIterator[Any]:
        try:
            while True:
                yield self.pb.EndlessGenerateResponse(text="x")
                await asyncio.sleep(0.01)
        finally:
            self.log("closed")

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    async def Write(self, request: Any, context: Any) -> None:
        try:
            while True:
                await context.write(self.pb.EndlessWriteResponse(text="x"))
                await asyncio.sleep(0.01)
        finally:
            self.log("closed")

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    async def Upload(self, request: Any, context: Any) -> Any:
        self.log("begun")
        try:
            while await context.read() is not EOF:
                pass
            self.log("complete")
        finally:
            self.log("closed")

    @grpc_action(request=TEXT, response=TEXT)
    async def Poll(self, request: Any, context: Any) -> Any:
        self.log("begun")
        context.add_done_callback(lambda: self.log("done"))
        try:
            while not context.cancelled():
                await asyncio.sleep(0.01)
        finally:
            self.log("closed")
        return self.pb.EndlessPollResponse()


services = pytest.mark.parametrize("service", [SyncEndless, AsyncEndless])


def open_upload(release: threading.Event) -> Iterator[Any]:
    """Requests that never end by themselves."""
    release.wait(PATIENCE)
    yield from ()


@services
@pytest.mark.parametrize("action", ["Generate", "Write"])
def test_a_cancelled_stream_ends_its_handler(
    mode: Mode, service: type[Endless], action: str, log: Log
) -> None:
    with stub_of(mode, service) as stub:
        replies = getattr(stub, action)(text="")
        assert next(replies).text == "x"
        replies.cancel()
        assert log.wait_for("closed")


@services
@pytest.mark.parametrize("action", ["Generate", "Write"])
def test_a_deadline_ends_a_stream_and_its_handler(
    mode: Mode, service: type[Endless], action: str, log: Log
) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        list(getattr(stub.options(timeout=0.3), action)(text=""))
    assert caught.value.code() is StatusCode.DEADLINE_EXCEEDED
    assert log.wait_for("closed")


@services
def test_a_cancelled_upload_never_looks_complete(
    mode: Mode, service: type[Endless], log: Log
) -> None:
    release = threading.Event()
    with stub_of(mode, service) as stub:
        call = stub.method("Upload").future(open_upload(release))
        assert log.wait_for("begun")
        call.cancel()
        assert log.wait_for("closed")
        release.set()
    assert "complete" not in log.events


@services
def test_a_unary_handler_sees_that_the_client_is_gone(
    mode: Mode, service: type[Endless], log: Log
) -> None:
    with stub_of(mode, service) as stub:
        call = stub.method("Poll").future(stub.pb.EndlessPollRequest())
        assert log.wait_for("begun")
        call.cancel()
        assert log.wait_for("closed", "done")


@services
def test_a_deadline_reaches_a_unary_handler(mode: Mode, service: type[Endless], log: Log) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        stub.options(timeout=0.3).Poll(text="")
    assert caught.value.code() is StatusCode.DEADLINE_EXCEEDED
    assert log.wait_for("closed", "done")


@services
def test_many_cancelled_streams_leave_room_for_calls(
    mode: Mode, service: type[Endless], log: Log
) -> None:
    """A server that lost a thread with each of these would soon have none."""
    with stub_of(mode, service, max_workers=2) as stub:
        for _ in range(20):
            Endless.log = Log()
            replies, _ = begun(lambda: stub.Generate(text=""))
            replies.cancel()
            assert Endless.log.wait_for("closed")
        Endless.log = log
        call = stub.method("Poll").future(stub.pb.EndlessPollRequest())
        assert log.wait_for("begun")
        call.cancel()
        assert log.wait_for("closed")


class SyncSlow(Service):
    service_name = "Slow"
    pb: Any

    @grpc_action(request=TEXT, response=[{"name": "remaining", "type": "double"}])
    def Remaining(self, request: Any, context: Any) -> Any:
        return self.pb.SlowRemainingResponse(remaining=context.time_remaining() or -1)

    @grpc_action(request=TEXT, response=TEXT)
    def Wait(self, request: Any, context: Any) -> Any:
        started.set()
        time.sleep(0.5)
        return self.pb.SlowWaitResponse(text="done")


class AsyncSlow(SyncSlow):
    async def Remaining(self, request: Any, context: Any) -> Any:
        return self.pb.SlowRemainingResponse(remaining=context.time_remaining() or -1)

    async def Wait(self, request: Any, context: Any) -> Any:
        started.set()
        await asyncio.sleep(0.5)
        return self.pb.SlowWaitResponse(text="done")


started = threading.Event()


@pytest.mark.parametrize("service", [SyncSlow, AsyncSlow])
def test_a_handler_knows_its_deadline(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        assert stub.options(timeout=30).Remaining().remaining == pytest.approx(30, abs=1)
        assert stub.Remaining().remaining == -1


@pytest.mark.parametrize("service", [SyncSlow, AsyncSlow])
def test_a_stopping_server_lets_calls_in_flight_finish(mode: Mode, service: type[Service]) -> None:
    started.clear()
    contract = Contract(service)
    with serve(mode, contract.hook) as running, running.channel() as channel:
        call = contract.stub(channel).method("Wait").future(contract.pb.SlowWaitRequest())
        assert started.wait(PATIENCE)
        running.stop(5)
        assert call.result().text == "done"
        with pytest.raises(grpc.RpcError):
            contract.stub(channel).options(timeout=2).Remaining()


@pytest.mark.parametrize("service", [SyncSlow, AsyncSlow])
def test_a_call_that_outlasts_the_grace_is_cut(mode: Mode, service: type[Service]) -> None:
    started.clear()
    contract = Contract(service)
    with serve(mode, contract.hook) as running, running.channel() as channel:
        call = contract.stub(channel).method("Wait").future(contract.pb.SlowWaitRequest())
        assert started.wait(PATIENCE)
        running.stop(0.05)
        with pytest.raises(grpc.RpcError) as caught:
            call.result(PATIENCE)
    assert caught.value.code() in {StatusCode.UNAVAILABLE, StatusCode.CANCELLED}


class SyncPatient(Service):
    """Streams that end when their server begins to stop."""

    service_name = "Patient"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Wait(self, request: Any, context: Any) -> Any:
        stopping = threading.Event()
        context.add_stop_callback(stopping.set)
        started.set()
        assert stopping.wait(PATIENCE)
        yield self.pb.PatientWaitResponse(text="bye")


class AsyncPatient(SyncPatient):
    async def Wait(self, request: Any, context: Any) -> Any:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        context.add_stop_callback(lambda: loop.call_soon_threadsafe(stopping.set))
        started.set()
        await asyncio.wait_for(stopping.wait(), PATIENCE)
        yield self.pb.PatientWaitResponse(text="bye")


@pytest.mark.parametrize("service", [SyncPatient, AsyncPatient])
def test_a_stream_may_end_when_its_server_begins_to_stop(
    mode: Mode, service: type[Service]
) -> None:
    started.clear()
    contract = Contract(service)
    with serve(mode, contract.hook) as running, running.channel() as channel:
        replies = contract.stub(channel).Wait(text="")
        assert started.wait(PATIENCE)
        began = time.monotonic()
        running.stop(PATIENCE)
        assert time.monotonic() - began < PATIENCE / 2
        assert [reply.text for reply in replies] == ["bye"]
