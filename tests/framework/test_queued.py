"""Calls that wait for a thread: whose client is gone meanwhile, and how the server grows."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from declared import Contract, Stub
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from grpc import StatusCode

TEXT = [{"name": "text", "type": "string"}]
PATIENCE = 10.0


class Desk(Service):
    """Serves one after the other: the first waits until it is let go."""

    release = threading.Event()
    served: list[str] = []
    pb: Any

    @grpc_action(request=TEXT, response=TEXT, response_name="Served", request_name="Ask")
    def Serve(self, request: Any, context: Any) -> Any:
        self.served.append(request.text)
        if request.text == "first":
            self.release.wait(PATIENCE)
        return self.pb.Served(text=threading.current_thread().name)

    @grpc_action(request=TEXT, response=TEXT, response_name="Served", request_name="Ask")
    def Nap(self, request: Any, context: Any) -> Any:
        time.sleep(0.3)
        return self.pb.Served(text=threading.current_thread().name)


@pytest.fixture(autouse=True)
def desk() -> Iterator[None]:
    Desk.release.clear()
    Desk.served.clear()
    yield
    Desk.release.set()


def wait_for(text: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while text not in Desk.served and time.monotonic() < deadline:
        time.sleep(0.005)
    assert text in Desk.served


@pytest.fixture
def busy(mode: Mode) -> Iterator[Stub]:
    """A server with one thread, which is taken by a call."""
    contract = Contract(Desk)
    with (
        serve(mode, contract.hook, max_workers=1) as running,
        running.channel() as channel,
        ThreadPoolExecutor(1) as client,
    ):
        stub = contract.stub(channel)
        first = client.submit(stub.Serve, text="first")
        wait_for("first")
        yield stub
        Desk.release.set()
        first.result(PATIENCE)


def test_a_call_whose_deadline_has_passed_meanwhile_is_not_served(busy: Stub) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        busy.options(timeout=0.2).Serve(text="late")
    assert caught.value.code() is StatusCode.DEADLINE_EXCEEDED
    time.sleep(0.1)
    Desk.release.set()
    busy.Serve(text="next")
    assert Desk.served == ["first", "next"]


def test_a_call_that_is_cancelled_meanwhile_is_not_served(busy: Stub) -> None:
    queued = busy.method("Serve").future(busy.pb.Ask(text="cancelled"))
    time.sleep(0.2)
    queued.cancel()
    time.sleep(0.1)
    Desk.release.set()
    busy.Serve(text="next")
    assert Desk.served == ["first", "next"]


def test_calls_one_after_the_other_have_one_thread(mode: Mode) -> None:
    contract = Contract(Desk)
    with serve(mode, contract.hook, max_workers=20) as running, running.channel() as channel:
        stub = contract.stub(channel)
        threads = {stub.Serve(text="any").text for _ in range(200)}
    # A thread of grpc.server has sent the reply some time before it is free.
    assert len(threads) <= (1 if mode == "aio" else 2)


def test_calls_that_wait_do_not_wait_for_each_other(mode: Mode) -> None:
    """A server begins with few threads, and has as many as it may when they wait."""
    contract = Contract(Desk)
    with (
        serve(mode, contract.hook, max_workers=8) as running,
        running.channel() as channel,
        ThreadPoolExecutor(24) as clients,
    ):
        stub = contract.stub(channel)
        start = time.monotonic()
        threads = {reply.text for reply in clients.map(lambda _: stub.Nap(), range(24))}
        assert time.monotonic() - start < 2.0, "three rounds of 0.3 s; one by one it is 7.2"
        assert len(threads) == 8
