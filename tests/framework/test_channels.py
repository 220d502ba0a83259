"""A handler that reads and writes at the same time, gives up waiting, or ends in odd ways."""

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from declared import stub_of
from django_socio_grpc.context import EOF
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode

TEXT = [{"name": "text", "type": "string"}]
COUNT = 200


def slowly(stub: Any, *texts: str) -> Iterator[Any]:
    for text in texts:
        time.sleep(0.15)
        yield stub.pb.BusyTickRequest(text=text)


class AsyncBusy(Service):
    service_name = "Busy"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    async def Tick(self, request: Any, context: Any) -> None:
        """Answer what comes, and tick while nothing does."""
        while True:
            try:
                message = await asyncio.wait_for(context.read(), 0.05)
            except TimeoutError:
                await context.write(self.pb.BusyTickResponse(text="tick"))
                continue
            if message is EOF:
                break
            await context.write(self.pb.BusyTickResponse(text=message.text))

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    async def Both(self, request: Any, context: Any) -> None:
        """Two tasks write."""

        async def write(text: str) -> None:
            for _ in range(COUNT):
                await context.write(self.pb.BusyBothResponse(text=text))

        await asyncio.gather(write("a"), write("b"))

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    async def Impatient(self, request: Any, context: Any) -> None:
        """Nobody waits for a write to end."""
        for number in range(20):
            write = asyncio.ensure_future(
                context.write(self.pb.BusyImpatientResponse(text=str(number)))
            )
            await asyncio.sleep(0)
            write.cancel()
        await context.write(self.pb.BusyImpatientResponse(text="end"))

    @grpc_action(request=TEXT, response=TEXT)
    async def WriteOne(self, request: Any, context: Any) -> Any:
        await context.write(self.pb.BusyWriteOneResponse(text="x"))

    @grpc_action(request=TEXT, response=TEXT)
    async def Exit(self, request: Any, context: Any) -> Any:
        raise SystemExit(3)


class SyncBusy(Service):
    service_name = "Busy"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Both(self, request: Any, context: Any) -> None:
        """Two threads write."""

        def write(text: str) -> None:
            for _ in range(COUNT):
                context.write(self.pb.BusyBothResponse(text=text))

        threads = [threading.Thread(target=write, args=(text,)) for text in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Mixed(self, request: Any, context: Any) -> Iterator[Any]:
        yield self.pb.BusyMixedResponse(text="x")
        context.write(self.pb.BusyMixedResponse(text="y"))

    @grpc_action(request=TEXT, response=TEXT)
    def WriteOne(self, request: Any, context: Any) -> Any:
        context.write(self.pb.BusyWriteOneResponse(text="x"))

    @grpc_action(request=TEXT, response=TEXT)
    def Exit(self, request: Any, context: Any) -> Any:
        raise SystemExit(3)

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def ExitLater(self, request: Any, context: Any) -> Iterator[Any]:
        yield self.pb.BusyExitLaterResponse(text="x")
        raise SystemExit(3)


def test_giving_up_a_read_loses_nothing(mode: Mode) -> None:
    with stub_of(mode, AsyncBusy) as stub:
        requests = slowly(stub, "0", "1", "2")
        texts = [reply.text for reply in stub.options(timeout=20).Tick(requests)]
    assert [text for text in texts if text != "tick"] == ["0", "1", "2"]
    assert "tick" in texts


@pytest.mark.parametrize("service", [SyncBusy, AsyncBusy])
def test_two_writers_at_once(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        texts = [reply.text for reply in stub.options(timeout=20).Both()]
    assert sorted(texts) == ["a"] * COUNT + ["b"] * COUNT


def test_a_write_that_nobody_awaits_breaks_nothing(mode: Mode) -> None:
    with stub_of(mode, AsyncBusy) as stub:
        texts = [reply.text for reply in stub.options(timeout=20).Impatient()]
    assert texts[-1] == "end"
    numbers = [int(text) for text in texts[:-1]]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize(
    ("service", "action"), [(SyncBusy, "WriteOne"), (AsyncBusy, "WriteOne"), (SyncBusy, "Mixed")]
)
def test_a_write_that_has_no_place(
    mode: Mode, service: type[Service], action: str, caplog: pytest.LogCaptureFixture
) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        list(getattr(stub.options(timeout=10), action)())
    assert caught.value.code() is StatusCode.INTERNAL
    assert f"{action} has one reply." in caplog.text or f"{action} yields" in caplog.text


@pytest.mark.parametrize("service", [SyncBusy, AsyncBusy])
def test_a_handler_cannot_end_the_server(mode: Mode, service: type[Service]) -> None:
    """``call_command`` raises SystemExit, for one."""
    with stub_of(mode, service) as stub:
        for _ in range(3):
            with pytest.raises(grpc.RpcError) as caught:
                stub.options(timeout=10).Exit()
            assert caught.value.code() is StatusCode.INTERNAL


def test_a_stream_cannot_end_the_server(mode: Mode) -> None:
    with stub_of(mode, SyncBusy) as stub:
        for _ in range(3):
            with pytest.raises(grpc.RpcError) as caught:
                list(stub.options(timeout=10).ExitLater())
            assert caught.value.code() is StatusCode.INTERNAL
