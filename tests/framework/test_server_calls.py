"""Both servers: calls in flight, what a stop means for them and how many there are."""

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from declared import Contract
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from echo import TEXT, EchoService
from google.protobuf.empty_pb2 import Empty
from grpc import StatusCode


class GateService(Service):
    """A call that stays until the test opens the gate."""

    service_name = "Gate"

    pb: Any
    entered = threading.Event()
    gate = threading.Event()
    inside: ClassVar[list[str]] = []

    @grpc_action(response=TEXT)
    def Pass(self, request: Any, context: Any) -> Any:
        self.inside.append(self.action)
        self.entered.set()
        self.gate.wait(10)
        return self.pb.GatePassResponse(text="passed")

    @grpc_action(response=TEXT)
    async def PassAsync(self, request: Any, context: Any) -> Any:
        self.entered.set()
        while not self.gate.is_set():
            await asyncio.sleep(0.01)
        return self.pb.GatePassAsyncResponse(text="passed")


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    GateService.inside.clear()
    GateService.entered.clear()
    GateService.gate.clear()
    yield GateService.gate
    GateService.gate.set()


@pytest.mark.parametrize("action", ["Pass", "PassAsync"])
def test_a_call_in_flight_finishes(mode: Mode, action: str, gate: threading.Event) -> None:
    contract = Contract(GateService)
    with serve(mode, contract.hook) as running, running.channel() as channel:
        call = contract.stub(channel).method(action).future(Empty(), timeout=10)
        assert GateService.entered.wait(10)
        stopping = threading.Thread(target=running.stop, args=(10,))
        stopping.start()
        stopping.join(0.3)
        assert stopping.is_alive()
        gate.set()
        assert call.result().text == "passed"
        stopping.join(5)
        assert not stopping.is_alive()


@pytest.mark.parametrize("action", ["Pass", "PassAsync"])
def test_a_call_is_cut_when_the_grace_ends(mode: Mode, action: str, gate: threading.Event) -> None:
    contract = Contract(GateService)
    with serve(mode, contract.hook) as running, running.channel() as channel:
        call = contract.stub(channel).method(action).future(Empty(), timeout=10)
        assert GateService.entered.wait(10)
        stopping = threading.Thread(target=running.stop, args=(0.2,))
        stopping.start()
        assert call.code() is StatusCode.UNAVAILABLE
        gate.set()
        stopping.join(5)
        assert not stopping.is_alive()


def test_a_second_stop_does_no_harm(mode: Mode) -> None:
    with serve(mode, Contract(EchoService).hook) as running:
        running.stop(0)
        running.stop(5)


def test_max_workers_is_how_many_calls_run_at_once(gate: threading.Event) -> None:
    contract = Contract(GateService)
    with serve("aio", contract.hook, max_workers=2) as running, running.channel() as channel:
        stub = contract.stub(channel)
        calls = [stub.method("Pass").future(Empty(), timeout=10) for _ in range(4)]
        assert GateService.entered.wait(10)
        time.sleep(0.3)
        assert len(GateService.inside) == 2
        gate.set()
        assert [call.result().text for call in calls] == ["passed"] * 4
