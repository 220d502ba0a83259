"""Clients that open a call and send nothing, or more than one message."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from declared import Stub, stub_of
from django.test import override_settings
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode

TEXT = [{"name": "text", "type": "string"}]
PATIENCE = 20.0


class Listener(Service):
    service_name = "Listener"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def Ask(self, request: Any, context: Any) -> Any:
        return self.pb.ListenerAskResponse(text=request.text)

    @grpc_action(request=TEXT, response=TEXT)
    async def AskAsync(self, request: Any, context: Any) -> Any:
        return self.pb.ListenerAskAsyncResponse(text=request.text)

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Stream(self, request: Any, context: Any) -> Iterator[Any]:
        yield self.pb.ListenerStreamResponse(text=request.text)


NAMES = ["Ask", "AskAsync", "Stream"]
names = pytest.mark.parametrize("name", NAMES)


def call_with(stub: Stub, name: str, messages: Iterator[bytes]) -> list[bytes]:
    """Call an RPC that takes one message with any number of them."""
    call: Any = stub._channel.stream_stream(f"/tests.ListenerController/{name}")
    return list(call(messages, timeout=PATIENCE))


def status_of(stub: Stub, name: str, messages: Iterator[bytes]) -> StatusCode:
    try:
        call_with(stub, name, messages)
    except grpc.RpcError as error:
        code: StatusCode = error.code()
        return code
    return StatusCode.OK


@pytest.fixture
def silence() -> Iterator[Callable[[], Iterator[bytes]]]:
    """Makes clients that send nothing for as long as the test lasts."""
    over = threading.Event()

    def nothing() -> Iterator[bytes]:
        over.wait(2 * PATIENCE)
        yield from ()

    yield nothing
    over.set()


@names
def test_no_message_is_unimplemented(mode: Mode, name: str) -> None:
    with stub_of(mode, Listener) as stub:
        assert status_of(stub, name, iter([])) is StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("strict", [False, True])
@names
def test_a_second_message(mode: Mode, name: str, strict: bool) -> None:
    expected = StatusCode.UNIMPLEMENTED if strict else StatusCode.OK
    with (
        override_settings(GRPC_FRAMEWORK={"STRICT_UNARY": strict}),
        stub_of(mode, Listener) as stub,
    ):
        message = stub.pb.ListenerAskRequest(text="x").SerializeToString()
        assert status_of(stub, name, iter([message])) is StatusCode.OK
        assert status_of(stub, name, iter([message] * 2)) is expected
        assert status_of(stub, name, iter([message])) is StatusCode.OK


@names
def test_who_sends_nothing_loses_the_call(
    mode: Mode, name: str, silence: Callable[[], Iterator[bytes]]
) -> None:
    # A thread of grpc.server is freed by the cancellation of the whole call.
    settings = {"FIRST_MESSAGE_TIMEOUT": 0.3}
    expected = {"aio": StatusCode.DEADLINE_EXCEEDED, "sync": StatusCode.CANCELLED}
    with (
        override_settings(GRPC_FRAMEWORK=settings),
        stub_of(mode, Listener, max_workers=2) as stub,
    ):
        with pytest.raises(grpc.RpcError) as caught:
            call_with(stub, name, silence())
        assert caught.value.code() is expected[mode]
        assert caught.value.details() != "Deadline Exceeded"  # which the client says of its own
        assert call_with(stub, name, iter([b""])) == [b""]


@names
def test_many_who_send_nothing_are_not_in_the_way(
    mode: Mode, name: str, silence: Callable[[], Iterator[bytes]]
) -> None:
    with stub_of(mode, Listener, max_workers=2) as stub:
        call: Any = stub._channel.stream_stream(f"/tests.ListenerController/{name}")
        held = [call(silence(), timeout=2 * PATIENCE) for _ in range(30)]
        for _ in range(5):
            assert call_with(stub, name, iter([b""])) == [b""]
        assert not any(each.done() for each in held)


@names
def test_a_slow_message_is_in_time(mode: Mode, name: str) -> None:
    def slow() -> Iterator[bytes]:
        time.sleep(0.2)
        yield b""

    with (
        override_settings(GRPC_FRAMEWORK={"FIRST_MESSAGE_TIMEOUT": PATIENCE}),
        stub_of(mode, Listener) as stub,
    ):
        assert call_with(stub, name, slow()) == [b""]
