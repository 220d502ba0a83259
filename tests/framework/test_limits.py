"""How much a server does at once."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from declared import Stub, stub_of
from django_socio_grpc.context import EOF
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode

TEXT = [{"name": "text", "type": "string"}]


class Busy(Service):
    """Counts how many of its calls run at once."""

    service_name = "Busy"
    pb: Any
    lock = threading.Lock()
    running = 0
    most = 0

    @grpc_action(request=TEXT, response=TEXT)
    def Work(self, request: Any, context: Any) -> Any:
        with Busy.lock:
            Busy.running += 1
            Busy.most = max(Busy.most, Busy.running)
        time.sleep(0.05)
        with Busy.lock:
            Busy.running -= 1
        return self.pb.BusyWorkResponse(text="done")

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Chat(self, request: Any, context: Any) -> Iterator[Any]:
        yield self.pb.BusyChatResponse(text="open")
        while context.read() is not EOF:
            yield self.pb.BusyChatResponse(text="more")


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Lets the requests of open streams end, at the latest with the test."""
    event = threading.Event()
    yield event
    event.set()


def open_stream(stub: Stub, release: threading.Event) -> Any:
    def requests() -> Iterator[Any]:
        release.wait(20)
        yield from ()

    return stub.options(timeout=30).Chat(requests())


def test_sync_calls_never_use_more_threads_than_workers(mode: Mode) -> None:
    Busy.most = 0
    with stub_of(mode, Busy, max_workers=3) as stub:
        calls = [stub.method("Work").future(stub.pb.BusyWorkRequest()) for _ in range(12)]
        assert {call.result().text for call in calls} == {"done"}
    assert Busy.most == 3


def test_open_streams_leave_room_for_calls(mode: Mode, release: threading.Event) -> None:
    with stub_of(mode, Busy, max_workers=4) as stub:
        streams = [open_stream(stub, release) for _ in range(3)]
        assert {next(stream).text for stream in streams} == {"open"}
        assert stub.options(timeout=5).Work().text == "done"


def test_on_sync_one_worker_is_kept_for_calls(release: threading.Event) -> None:
    with stub_of("sync", Busy, max_workers=4) as stub:
        streams = [open_stream(stub, release) for _ in range(3)]
        assert [next(stream).text for stream in streams] == ["open"] * 3
        with pytest.raises(grpc.RpcError) as caught:
            next(open_stream(stub, release))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_one_stream_too_many_is_resource_exhausted(
    mode: Mode, release: threading.Event, settings: Any
) -> None:
    settings.GRPC_FRAMEWORK = {"MAX_SYNC_STREAMS": 2}
    with stub_of(mode, Busy, max_workers=10) as stub:
        streams = [open_stream(stub, release) for _ in range(2)]
        assert {next(stream).text for stream in streams} == {"open"}
        with pytest.raises(grpc.RpcError) as caught:
            next(open_stream(stub, release))
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        release.set()
        assert [list(stream) for stream in streams] == [[], []]
        assert next(open_stream(stub, release)).text == "open"
