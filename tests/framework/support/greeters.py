"""The server styles of the gRPC AsyncIO API document: one service, written in each of them."""

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.context import EOF
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import Cancelled
from django_socio_grpc.services import Service

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


async def some_io_operation(text: str) -> str:
    await asyncio.sleep(0.01)
    return f"Hi {text}"


class Greeter(Service):
    service_name = "Greeter"
    pb: Any

    def reply(self, request: Any) -> Any:
        return self.pb.GreeterStreamingHiResponse(text=f"Hi {request.text}")


class SimpleGreeter(Greeter):
    """Current API, "the most simple case"."""

    @grpc_action(request=TEXT, response=TEXT)
    def Hi(self, request: Any, context: Any) -> Any:
        return self.pb.GreeterHiResponse(text=f"Hi {request.text}")

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def StreamingHi(self, request_iterator: Any, context: Any) -> Any:
        for request in request_iterator:
            if request.text:
                yield self.reply(request)


class ResponseIterator:
    def __init__(self) -> None:
        self._queue: queue.Queue[Any] = queue.Queue()

    def send(self, message: Any) -> None:
        self._queue.put(message)

    def __iter__(self) -> "ResponseIterator":
        return self

    def __next__(self) -> Any:
        message = self._queue.get()
        if message is None:
            raise StopIteration
        return message


def streaming_hi_worker(
    request_iterator: Any, response_iterator: ResponseIterator, reply: Callable[[Any], Any]
) -> None:
    with suppress(Cancelled):
        for request in request_iterator:
            if request.text:
                response_iterator.send(reply(request))
    response_iterator.send(None)


class ThreadGreeter(SimpleGreeter):
    """Current API: a thread in the background reads the requests and sends the responses."""

    def StreamingHi(self, request_iterator: Any, context: Any) -> Any:
        response_iterator = ResponseIterator()
        background_thread = threading.Thread(
            target=streaming_hi_worker, args=(request_iterator, response_iterator, self.reply)
        )
        background_thread.daemon = True
        background_thread.start()
        return response_iterator


class AsyncResponseIterator:
    def __init__(self) -> None:
        self._queue: asyncio.Queue[Any] = asyncio.Queue()

    async def send(self, message: Any) -> None:
        await self._queue.put(message)

    def __aiter__(self) -> "AsyncResponseIterator":
        return self

    async def __anext__(self) -> Any:
        message = await self._queue.get()
        if message is None:
            raise StopAsyncIteration
        return message


async def async_streaming_hi_worker(
    request_iterator: Any, response_iterator: AsyncResponseIterator, reply: Callable[[Any], Any]
) -> None:
    async for request in request_iterator:
        if request.text:
            await response_iterator.send(reply(request))
    await response_iterator.send(None)


class AsyncGreeter(SimpleGreeter):
    """Option 1, the simple case."""

    async def Hi(self, request: Any, context: Any) -> Any:
        response = await some_io_operation(request.text)
        return self.pb.GreeterHiResponse(text=response)

    async def StreamingHi(self, request_iterator: Any, context: Any) -> Any:
        async for request in request_iterator:
            if request.text:
                yield self.reply(request)


class TaskGreeter(AsyncGreeter):
    """Option 1: a task in the background reads the requests and sends the responses."""

    async def StreamingHi(self, request_iterator: Any, context: Any) -> Any:
        response_iterator = AsyncResponseIterator()
        self.background_task = asyncio.create_task(
            async_streaming_hi_worker(request_iterator, response_iterator, self.reply)
        )
        return response_iterator


class ContextGreeter(AsyncGreeter):
    """Option 2: by the context, asynchronously."""

    async def StreamingHi(self, request_iterator: Any, context: Any) -> Any:
        while True:
            request = await context.read()
            if request is EOF:
                return
            if request.text:
                await context.write(self.reply(request))


class SyncContextGreeter(SimpleGreeter):
    """Option 2: by the context, synchronously."""

    def StreamingHi(self, request_iterator: Any, context: Any) -> Any:
        while (request := context.read()) is not EOF:
            if request.text:
                context.write(self.reply(request))


WORDS = ["one", "", "two", "three"]
REPLIES = ["Hi one", "Hi two", "Hi three"]
"""A request without a text needs no response."""

greeters = pytest.mark.parametrize(
    "greeter",
    [
        SimpleGreeter,
        ThreadGreeter,
        SyncContextGreeter,
        AsyncGreeter,
        TaskGreeter,
        ContextGreeter,
    ],
)
