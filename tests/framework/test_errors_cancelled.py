"""Handlers that cancel their own task: the client learns it at once."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from declared import Stub, stub_of
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from failures import TEXT
from grpc import StatusCode
from grpc_status import rpc_status


async def cancel_myself() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(30)


class QuitService(Service):
    service_name = "Quit"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    async def Unary(self, request: Any, context: Any) -> Any:
        context.set_trailing_metadata((("x-own", "1"),))
        await cancel_myself()

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    async def Stream(self, request: Any, context: Any) -> AsyncIterator[Any]:
        yield self.pb.QuitStreamResponse(text="first")
        await cancel_myself()

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    async def Upload(self, request: Any, context: Any) -> Any:
        async for _ in request:
            await cancel_myself()

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    async def Chat(self, request: Any, context: Any) -> AsyncIterator[Any]:
        async for _ in request:
            yield self.pb.QuitChatResponse(text="first")
            await cancel_myself()

    @grpc_action(request=TEXT, response=TEXT)
    async def Sleep(self, request: Any, context: Any) -> Any:
        await asyncio.sleep(30)


def call(stub: Stub, kind: str) -> Any:
    match kind:
        case "Unary":
            return stub.Unary()
        case "Stream":
            return list(stub.Stream())
        case "Upload":
            return stub.Upload(iter([stub.pb.QuitUploadRequest()]))
        case _:
            return list(stub.Chat(iter([stub.pb.QuitChatRequest()])))


@pytest.mark.parametrize("kind", ["Unary", "Stream", "Upload", "Chat"])
def test_a_handler_that_cancels_its_own_task(
    mode: Mode, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """grpc.aio alone sends no status then, and the client waits for its deadline."""
    caplog.set_level(logging.INFO)
    with stub_of(mode, QuitService) as stub:
        start = time.monotonic()
        with pytest.raises(grpc.RpcError) as caught:
            call(stub.options(timeout=20), kind)
        assert time.monotonic() - start < 10
    error: Any = caught.value
    assert error.code() is StatusCode.CANCELLED
    if mode == "sync" or kind in {"Unary", "Upload"}:  # else, after replies, the status alone
        assert rpc_status.from_call(error) is not None
    if kind == "Unary":
        assert dict(error.trailing_metadata())["x-own"] == "1"
    (record,) = [record for record in caplog.records if "CANCELLED" in record.getMessage()]
    assert record.levelno == logging.INFO


def test_a_client_that_cancels_is_no_error(mode: Mode, caplog: pytest.LogCaptureFixture) -> None:
    with stub_of(mode, QuitService) as stub:
        pending = stub.method("Sleep").future(stub.pb.QuitSleepRequest(), timeout=20)
        time.sleep(0.2)
        pending.cancel()
        time.sleep(0.2)
        with pytest.raises(grpc.RpcError) as caught:
            call(stub.options(timeout=20), "Unary")
    assert caught.value.code() is StatusCode.CANCELLED
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
