"""Both servers: what calls and streams meet while their server stops."""

import asyncio
import threading
import time
from collections import Counter
from typing import Any

import grpc
import pytest
from declared import Contract
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import Unavailable
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, RunningServer, serve
from echo import TEXT, EchoService
from google.protobuf.empty_pb2 import Empty
from grpc import StatusCode

GRACE = 20.0


class TickService(Service):
    service_name = "Tick"
    pb: Any

    @grpc_action(response=TEXT, response_stream=True)
    def Sync(self, request: Any, context: Any) -> Any:
        while not context.draining:
            yield self.pb.TickSyncResponse(text="tick")
            time.sleep(0.01)
        raise Unavailable("The server stops.")

    @grpc_action(response=TEXT, response_stream=True)
    async def Async(self, request: Any, context: Any) -> Any:
        while not context.draining:
            yield self.pb.TickAsyncResponse(text="tick")
            await asyncio.sleep(0.01)
        raise Unavailable("The server stops.")

    @grpc_action(response=TEXT, response_stream=True)
    async def Told(self, request: Any, context: Any) -> Any:
        stops, loop = asyncio.Event(), asyncio.get_running_loop()
        context.add_stop_callback(lambda: loop.call_soon_threadsafe(stops.set))
        yield self.pb.TickToldResponse(text="tick")
        await stops.wait()
        yield self.pb.TickToldResponse(text=f"draining: {context.draining}")


def stopped(running: RunningServer) -> tuple[threading.Thread, float]:
    thread = threading.Thread(target=running.stop, args=(GRACE,))
    thread.start()
    return thread, time.monotonic()


@pytest.mark.parametrize("action", ["Sync", "Async"])
def test_a_stream_that_looks_ends_in_time_by_a_status_of_its_own(mode: Mode, action: str) -> None:
    contract = Contract(TickService)
    with serve(mode, contract.hook) as running, running.channel() as channel:
        stream = contract.stub(channel).method(action)(Empty(), timeout=2 * GRACE)
        assert next(stream).text == "tick"
        thread, began = stopped(running)
        with pytest.raises(grpc.RpcError) as caught:
            list(stream)
        assert caught.value.code() is StatusCode.UNAVAILABLE
        thread.join()
        assert time.monotonic() - began < GRACE


def test_a_stream_that_is_told_says_good_bye(mode: Mode) -> None:
    contract = Contract(TickService)
    with serve(mode, contract.hook) as running, running.channel() as channel:
        stream = contract.stub(channel).method("Told")(Empty(), timeout=2 * GRACE)
        assert next(stream).text == "tick"
        thread, began = stopped(running)
        assert [reply.text for reply in stream] == ["draining: True"]
        thread.join()
        assert time.monotonic() - began < GRACE


@pytest.mark.parametrize("clients", [1, 12])
def test_calls_of_the_last_moment_are_answered(mode: Mode, clients: int) -> None:
    """grpc alone cancels those that come after its stop and before the clients know of it."""
    contract = Contract(EchoService)
    ends: Counter[StatusCode] = Counter()
    with serve(mode, contract.hook) as running:

        def ask() -> None:
            own = [("grpc.use_local_subchannel_pool", 1)]
            with grpc.insecure_channel(running.target, own) as channel:
                stub = contract.stub(channel)
                try:
                    while True:
                        assert stub.Say(text="x").text == "x"
                        answered.release()
                except grpc.RpcError as error:
                    ends[error.code()] += 1

        answered = threading.Semaphore(0)
        threads = [threading.Thread(target=ask) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for _ in range(20 * clients):
            assert answered.acquire(timeout=GRACE)
        running.stop(GRACE)
        for thread in threads:
            thread.join()
    # The new connection is refused, and no call was cancelled.
    assert ends == {StatusCode.UNAVAILABLE: clients}
