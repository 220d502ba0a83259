"""Clients that open a stream and take nothing of what it sends."""

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest
from declared import Stub, stub_of
from django.test import override_settings
from django_socio_grpc.adapters import aio_messages, runtime
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode

TEXT = [{"name": "text", "type": "string"}]
PATIENCE = 20.0
LARGE = "x" * 20_000
SETTINGS = {"MAX_SYNC_STREAMS": 1, "MAX_CONCURRENT_RPCS": 1}


class Flooder(Service):
    """Sends more than a client that does not read has room for."""

    service_name = "Flooder"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT, response_stream=True, max_deadline=0.5)
    def Yield(self, request: Any, context: Any) -> Iterator[Any]:
        for _ in range(int(request.text)):
            yield self.pb.FlooderYieldResponse(text=LARGE)

    @grpc_action(request=TEXT, response=TEXT, response_stream=True, max_deadline=0.5)
    def Write(self, request: Any, context: Any) -> None:
        for _ in range(int(request.text)):
            context.write(self.pb.FlooderWriteResponse(text=LARGE))

    @grpc_action(request=TEXT, response=TEXT, response_stream=True, max_deadline=0.5)
    async def YieldAsync(self, request: Any, context: Any) -> AsyncIterator[Any]:
        for _ in range(int(request.text)):
            yield self.pb.FlooderYieldAsyncResponse(text=LARGE)

    @grpc_action(request=TEXT, response=TEXT, response_stream=True, max_deadline=0.5)
    async def WriteAsync(self, request: Any, context: Any) -> None:
        for _ in range(int(request.text)):
            await context.write(self.pb.FlooderWriteAsyncResponse(text=LARGE))


@pytest.mark.parametrize("name", ["Yield", "Write", "YieldAsync", "WriteAsync"])
def test_the_deadline_frees_what_a_client_that_takes_nothing_holds(
    mode: Mode, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (runtime, aio_messages):
        monkeypatch.setattr(module, "STALLED", 0.3)
    with override_settings(GRPC_FRAMEWORK=SETTINGS), stub_of(mode, Flooder) as stub:
        stalled = getattr(stub, name)(text="1000")
        next(stalled)
        until = time.monotonic() + PATIENCE
        while (served := _served(stub, name)) != 1 and time.monotonic() < until:
            time.sleep(0.1)
        assert served == 1
        with pytest.raises(grpc.RpcError) as caught:
            list(stalled)
    # On grpc.server only the cancellation of the whole call frees the thread.
    expected = {"aio": StatusCode.DEADLINE_EXCEEDED, "sync": StatusCode.CANCELLED}
    assert caught.value.code() is expected[mode]


def _served(stub: Stub, name: str) -> int:
    try:
        return len(list(getattr(stub, name)(text="1")))
    except grpc.RpcError:
        return 0
