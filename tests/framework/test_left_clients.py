"""Clients that leave in the middle of a message: no fault of the server's, and told as none."""

import asyncio
import gc
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import pytest
from declared import Stub, stub_of
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from failures import TEXT
from grpc import StatusCode

LARGE = "x" * 1_000_000  # more than is sent without a client that reads
PATIENCE = 10.0


class Left(Service):
    service_name = "Left"
    pb: Any
    ended: threading.Event


class SyncLeft(Left):
    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Yield(self, request: Any, context: Any) -> Iterator[Any]:
        try:
            for _ in range(100):
                yield self.pb.LeftYieldResponse(text=LARGE)
        finally:
            self.ended.set()

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Write(self, request: Any, context: Any) -> None:
        try:
            for _ in range(100):
                context.write(self.pb.LeftWriteResponse(text=LARGE))
        finally:
            self.ended.set()

    @grpc_action(request=TEXT, response=TEXT)
    def Head(self, request: Any, context: Any) -> Any:
        try:
            while context.is_active():
                time.sleep(0.01)
            context.send_initial_metadata([("x-late", "1")])
        finally:
            self.ended.set()


class AsyncLeft(Left):
    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    async def Yield(self, request: Any, context: Any) -> AsyncIterator[Any]:
        try:
            for _ in range(100):
                yield self.pb.LeftYieldResponse(text=LARGE)
        finally:
            self.ended.set()

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    async def Write(self, request: Any, context: Any) -> None:
        try:
            for _ in range(100):
                await context.write(self.pb.LeftWriteResponse(text=LARGE))
        finally:
            self.ended.set()

    @grpc_action(request=TEXT, response=TEXT)
    async def Head(self, request: Any, context: Any) -> Any:
        try:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(PATIENCE)
            await context.send_initial_metadata([("x-late", "1")])
        finally:
            self.ended.set()


def leave(stub: Stub, service: type[Left], action: str) -> None:
    """Cancel a call that has begun, and wait until its handler has ended."""
    service.ended = threading.Event()
    request = getattr(stub.pb, f"Left{action}Request")()
    method = stub.method(action)
    call = method.future(request) if hasattr(method, "future") else method(request)
    time.sleep(0.2)
    call.cancel()
    assert service.ended.wait(PATIENCE)


def faults(caplog: pytest.LogCaptureFixture) -> list[str]:
    gc.collect()  # a task whose error nobody has asked for says so at its end
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("service", [SyncLeft, AsyncLeft])
@pytest.mark.parametrize("action", ["Yield", "Write", "Head"])
def test_a_message_that_cannot_be_sent_any_more(
    mode: Mode, service: type[Left], action: str, caplog: pytest.LogCaptureFixture
) -> None:
    with stub_of(mode, service) as stub:
        leave(stub, service, action)
    assert faults(caplog) == []


class Cleaning(Left):
    """Async handlers that fail at their end, when the client is gone."""

    @grpc_action(request=TEXT, response=TEXT)
    async def Unary(self, request: Any, context: Any) -> Any:
        try:
            await asyncio.sleep(PATIENCE)
        finally:
            self.ended.set()
            raise ValueError("The clean-up failed.")

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    async def Stream(self, request: Any, context: Any) -> AsyncIterator[Any]:
        yield self.pb.LeftStreamResponse(text="first")
        try:
            await asyncio.sleep(PATIENCE)
        finally:
            self.ended.set()
            raise ValueError("The clean-up failed.")


@pytest.mark.parametrize("action", ["Unary", "Stream"])
def test_a_clean_up_that_fails_is_logged_once(
    mode: Mode, action: str, caplog: pytest.LogCaptureFixture
) -> None:
    with stub_of(mode, Cleaning) as stub:
        leave(stub, Cleaning, action)
    (fault,) = faults(caplog)
    assert fault.startswith(f"ValueError : Cleaning/{action} (INTERNAL")


class Group(Left):
    """A handler with several tasks, which all learn of the end at once."""

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    async def Chat(self, request: Any, context: Any) -> None:
        async def listen() -> None:
            async for _ in request:
                pass

        await context.write(self.pb.LeftChatResponse(text="first"))
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(3):
                    group.create_task(listen())
        finally:
            self.ended.set()


def test_tasks_that_are_cut_together(mode: Mode, caplog: pytest.LogCaptureFixture) -> None:
    with stub_of(mode, Group) as stub:
        for _ in range(5):
            Group.ended = released = threading.Event()

            def requests(released: threading.Event = released) -> Iterator[Any]:
                yield stub.pb.LeftChatRequest()
                released.wait(PATIENCE)

            replies = stub.options(timeout=PATIENCE).Chat(requests())
            assert next(replies).text == "first"
            replies.cancel()
            assert released.wait(PATIENCE)
            assert replies.code() is StatusCode.CANCELLED
    assert faults(caplog) == []


class Late(Left):
    """Sync handlers that fail when the client is gone."""

    @grpc_action(request=TEXT, response=TEXT)
    def Head(self, request: Any, context: Any) -> Any:
        while context.is_active():
            time.sleep(0.01)
        self.ended.set()
        raise KeyError("too late")

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Write(self, request: Any, context: Any) -> None:
        context.write(self.pb.LeftWriteResponse(text=LARGE))
        self.Head(request, context)

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Yield(self, request: Any, context: Any) -> Iterator[Any]:
        yield self.pb.LeftYieldResponse(text=LARGE)
        self.Head(request, context)


@pytest.mark.parametrize("action", ["Head", "Write", "Yield"])
def test_what_fails_when_the_client_is_gone_is_logged_once(
    mode: Mode, action: str, caplog: pytest.LogCaptureFixture
) -> None:
    with stub_of(mode, Late) as stub:
        leave(stub, Late, action)
    (fault,) = faults(caplog)
    assert fault.startswith(f"KeyError : Late/{action} (INTERNAL")
