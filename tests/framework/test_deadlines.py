"""The time that a server allows its calls, beside the deadlines of clients."""

import asyncio
import math
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import grpc
import pytest
from declared import Stub, stub_of
from django.test import override_settings
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError, PermissionDenied
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from waiting import until

TEXT = [{"name": "text", "type": "string"}]
PATIENCE = 20.0
SETTINGS = {"DEFAULT_DEADLINE": 0.4, "MAX_DEADLINE": 1.0}


class Timed(Service):
    """Calls end when their time is over, and say in ``seen`` how much they had."""

    service_name = "Timed"
    pb: Any
    seen: list[float | None] = []

    def see(self, context: Any) -> None:
        Timed.seen.append(context.time_remaining())

    @grpc_action(request=TEXT, response=TEXT)
    def Wait(self, request: Any, context: Any) -> Any:
        self.see(context)
        until = time.monotonic() + PATIENCE
        while context.is_active() and time.monotonic() < until:
            time.sleep(0.01)
        return self.pb.TimedWaitResponse(text="late")

    @grpc_action(request=TEXT, response=TEXT)
    async def WaitAsync(self, request: Any, context: Any) -> Any:
        self.see(context)
        await asyncio.sleep(PATIENCE)
        return self.pb.TimedWaitAsyncResponse(text="late")

    @grpc_action(request=TEXT, response=TEXT)
    def Soon(self, request: Any, context: Any) -> Any:
        self.see(context)
        return self.pb.TimedSoonResponse(text="done")

    @grpc_action(request=TEXT, response=TEXT, default_deadline=math.inf, max_deadline=math.inf)
    def Free(self, request: Any, context: Any) -> Any:
        self.see(context)
        return self.pb.TimedFreeResponse(text="done")

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Stream(self, request: Any, context: Any) -> Iterator[Any]:
        self.see(context)
        yield self.pb.TimedStreamResponse(text="x")

    @grpc_action(request=TEXT, response=TEXT, response_stream=True, max_deadline=0.4)
    def Short(self, request: Any, context: Any) -> Iterator[Any]:
        while True:
            yield self.pb.TimedShortResponse(text="x")
            time.sleep(0.01)

    @grpc_action(request=TEXT, response=TEXT)
    async def Stubborn(self, request: Any, context: Any) -> Any:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(PATIENCE)
        return self.pb.TimedStubbornResponse(text="late")

    @grpc_action(request=TEXT, response=TEXT)
    async def Tidy(self, request: Any, context: Any) -> Any:
        try:
            await asyncio.sleep(PATIENCE)
        finally:
            context.transport.end_with(PermissionDenied())
            await asyncio.sleep(0.1)
            Timed.seen.append(0.0)

    @grpc_action(
        request=TEXT, response=TEXT, request_stream=True, response_stream=True, max_deadline=0.4
    )
    def Chat(self, request: Any, context: Any) -> Iterator[Any]:
        for message in request:
            yield self.pb.TimedChatResponse(text=message.text)


@pytest.fixture
def stub(mode: Mode) -> Iterator[Stub]:
    Timed.seen.clear()
    with override_settings(GRPC_FRAMEWORK=SETTINGS), stub_of(mode, Timed) as stub:
        yield stub


def ended(call: Any) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    error: grpc.RpcError = caught.value
    return error


@pytest.mark.parametrize("name", ["Wait", "WaitAsync"])
def test_a_call_without_a_deadline_has_that_of_the_server(stub: Stub, name: str) -> None:
    error = ended(lambda: getattr(stub, name)(text="x"))
    assert error.code() is StatusCode.DEADLINE_EXCEEDED
    assert error.details() == "The time that the server allows for this call is over."
    (seen,) = Timed.seen
    assert seen is not None
    assert 0 < seen <= 0.4


@pytest.mark.parametrize("name", ["Wait", "WaitAsync"])
def test_a_deadline_that_is_too_far_away_is_cut(stub: Stub, name: str) -> None:
    began = time.monotonic()
    error = ended(lambda: getattr(stub.options(timeout=PATIENCE), name)(text="x"))
    assert time.monotonic() - began > SETTINGS["DEFAULT_DEADLINE"]
    assert error.code() is StatusCode.DEADLINE_EXCEEDED
    assert error.details() == "The time that the server allows for this call is over."
    (seen,) = Timed.seen
    assert seen is not None
    assert 0 < seen <= SETTINGS["MAX_DEADLINE"]


def test_a_handler_that_goes_on_all_the_same_is_too_late(stub: Stub) -> None:
    assert ended(lambda: stub.Stubborn(text="x")).code() is StatusCode.DEADLINE_EXCEEDED


def test_the_first_end_is_the_one_that_counts_and_the_handler_may_clean_up(
    stub: Stub, mode: Mode
) -> None:
    assert ended(lambda: stub.Tidy(text="x")).code() is StatusCode.DEADLINE_EXCEEDED
    until(lambda: Timed.seen == [0.0])


def test_a_nearer_one_stays(mode: Mode) -> None:
    Timed.seen.clear()
    settings = {"DEFAULT_DEADLINE": 1.0, "MAX_DEADLINE": 10 * PATIENCE}
    with override_settings(GRPC_FRAMEWORK=settings), stub_of(mode, Timed) as stub:
        assert stub.options(timeout=PATIENCE).Soon(text="x").text == "done"
    (seen,) = Timed.seen
    assert seen is not None
    assert 1.0 < seen <= PATIENCE + 1  # grpc rounds what it sends


def test_an_action_may_be_free_of_it_and_streams_are(stub: Stub) -> None:
    assert stub.Free(text="x").text == "done"
    assert [reply.text for reply in stub.Stream(text="x")] == ["x"]
    assert Timed.seen == [None, None]


def test_a_stream_may_have_a_limit_of_its_own(stub: Stub) -> None:
    error = ended(lambda: list(stub.Short(text="x")))
    assert error.code() is StatusCode.DEADLINE_EXCEEDED


def test_a_thread_that_waits_for_the_client_is_freed(stub: Stub, mode: Mode) -> None:
    def requests() -> Iterator[Any]:
        yield stub.pb.TimedChatRequest(text="x")
        time.sleep(2)

    error = ended(lambda: list(stub.options(timeout=PATIENCE).Chat(requests())))
    # On grpc.server only the cancellation of the whole call frees the thread.
    expected = {"aio": StatusCode.DEADLINE_EXCEEDED, "sync": StatusCode.CANCELLED}
    assert error.code() is expected[mode]


def test_the_server_is_as_before_when_calls_were_cut(stub: Stub) -> None:
    for _ in range(3):
        ended(lambda: stub.WaitAsync(text="x"))
    assert stub.Soon(text="x").text == "done"


def test_what_is_no_time_is_an_error_at_startup(mode: Mode) -> None:
    class Wrong(Service):
        service_name = "Wrong"
        default_deadline = 0

        @grpc_action()
        def Ask(self, request: Any, context: Any) -> None: ...

    with (
        pytest.raises(ConfigurationError, match=r"Wrong.Ask: its default_deadline is 0"),
        stub_of(mode, Wrong),
    ):
        pass


def test_the_service_goes_before_the_settings(mode: Mode) -> None:
    class Patient(Service):
        service_name = "Patient"
        pb: Any
        default_deadline = 7.0
        max_deadline = math.inf

        @grpc_action(request=TEXT, response=TEXT)
        def Ask(self, request: Any, context: Any) -> Any:
            return self.pb.PatientAskResponse(text=str(context.time_remaining()))

    with override_settings(GRPC_FRAMEWORK=SETTINGS), stub_of(mode, Patient) as stub:
        assert 5 < float(stub.Ask(text="x").text) <= 7
        assert float(stub.options(timeout=30).Ask(text="x").text) > 20
