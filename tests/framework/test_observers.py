"""What an observer is told of calls, on both servers."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import grpc
import pytest
from declared import Stub, code_of, stub_of
from django.test import override_settings
from django_socio_grpc.context import Context
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import NotFound
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from waiting import until

TEXT = [{"name": "text", "type": "string"}]
PATIENCE = 10.0

lock = threading.Lock()
told: list[tuple[str, str]] = []


def tell(*event: str) -> None:
    with lock:
        told.append(event)  # type: ignore[arg-type]


def observer(plan: Any) -> Callable[[Context], Callable[[StatusCode], None]] | None:
    if plan.name == "Unseen":
        return None

    def begun(context: Context) -> Callable[[StatusCode], None]:
        tell("begun", context.action)
        return lambda code: tell(context.action, code.name)

    return begun


def failing(plan: Any) -> Any:
    def begun(context: Context) -> Any:
        if context.action == "Ask":
            raise RuntimeError("an observer that fails at the beginning")

        def ended(code: StatusCode) -> None:
            raise RuntimeError("an observer that fails at the end")

        return ended

    return begun


def wait_until(event: tuple[str, str]) -> None:
    until(lambda: event in told, f"{event} among {told}")


class Observed(Service):
    service_name = "Observed"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def Ask(self, request: Any, context: Any) -> Any:
        if request.text == "missing":
            raise NotFound("no such thing")
        if request.text == "late":
            while context.is_active():
                time.sleep(0.01)
        return self.pb.ObservedAskResponse(text="done")

    @grpc_action(request=TEXT, response=TEXT)
    async def AskAsync(self, request: Any, context: Any) -> Any:
        if request.text == "missing":
            raise NotFound("no such thing")
        if request.text == "late":
            await asyncio.sleep(PATIENCE)
        return self.pb.ObservedAskAsyncResponse(text="done")

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Stream(self, request: Any, context: Any) -> Iterator[Any]:
        while True:
            yield self.pb.ObservedStreamResponse(text="x")
            time.sleep(0.01)
            if request.text == "missing":
                raise NotFound("no such thing")

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    async def StreamAsync(self, request: Any, context: Any) -> AsyncIterator[Any]:
        while True:
            yield self.pb.ObservedStreamAsyncResponse(text="x")
            await asyncio.sleep(0.01)
            if request.text == "missing":
                raise NotFound("no such thing")

    @grpc_action(request=TEXT, response=TEXT)
    def Unseen(self, request: Any, context: Any) -> Any:
        return self.pb.ObservedUnseenResponse(text="done")


@pytest.fixture
def stub(mode: Mode) -> Iterator[Stub]:
    told.clear()
    with (
        override_settings(GRPC_FRAMEWORK={"OBSERVERS": [observer]}),
        stub_of(mode, Observed) as stub,
    ):
        yield stub.options(timeout=PATIENCE)


@pytest.mark.parametrize("name", ["Ask", "AskAsync"])
def test_a_call_that_goes_well_and_one_that_fails(stub: Stub, name: str) -> None:
    assert getattr(stub, name)(text="x").text == "done"
    assert code_of(lambda: getattr(stub, name)(text="missing")) is StatusCode.NOT_FOUND
    wait_until((name, "NOT_FOUND"))
    assert told == [("begun", name), (name, "OK"), ("begun", name), (name, "NOT_FOUND")]


@pytest.mark.parametrize("name", ["Stream", "StreamAsync"])
def test_a_stream_that_fails_and_one_that_the_client_leaves(stub: Stub, name: str) -> None:
    assert code_of(lambda: list(getattr(stub, name)(text="missing"))) is StatusCode.NOT_FOUND
    wait_until((name, "NOT_FOUND"))
    replies = getattr(stub, name)(text="endless")
    next(replies)
    replies.cancel()
    wait_until((name, "CANCELLED"))
    assert Counter(told) == Counter(
        {("begun", name): 2, (name, "NOT_FOUND"): 1, (name, "CANCELLED"): 1}
    )


@pytest.mark.parametrize("name", ["Ask", "AskAsync"])
def test_a_call_whose_time_is_over(stub: Stub, name: str) -> None:
    call = getattr(stub.options(timeout=0.2), name)
    assert code_of(lambda: call(text="late")) is StatusCode.DEADLINE_EXCEEDED
    wait_until((name, "DEADLINE_EXCEEDED"))
    assert len(told) == 2


def test_an_observer_may_leave_an_rpc_alone(stub: Stub) -> None:
    assert stub.Unseen(text="x").text == "done"
    assert told == []


def test_what_cannot_be_decoded_is_a_call_as_well(stub: Stub, mode: Mode) -> None:
    raw: Any = stub._channel.unary_unary("/tests.ObservedController/Ask")
    with pytest.raises(grpc.RpcError) as caught:
        raw(b"\xff\xff", timeout=PATIENCE)
    assert caught.value.code() is StatusCode.INTERNAL
    wait_until(("Ask", "INTERNAL"))


def test_an_observer_that_fails_hurts_no_call(
    mode: Mode, caplog: pytest.LogCaptureFixture
) -> None:
    told.clear()
    with (
        override_settings(GRPC_FRAMEWORK={"OBSERVERS": [failing, observer]}),
        stub_of(mode, Observed) as stub,
    ):
        assert stub.Ask(text="x").text == "done"
        assert stub.AskAsync(text="x").text == "done"
    assert ("Ask", "OK") in told
    assert ("AskAsync", "OK") in told
    assert "failed at its beginning" in caplog.text
    assert "failed at its end" in caplog.text
