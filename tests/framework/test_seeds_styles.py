"""The styles of the gRPC AsyncIO API document (current, Option 1, Option 2), on both servers: each
client style against each handler style.

Put right: an asynchronous iterator has ``__aiter__``, what its ``send`` returns is awaited, a
thread gets its arguments, and the iterators of responses come to an end. A handler of Option 1
runs its worker as a task, for ``async for`` needs a loop and a thread has none. In Option 2 of
grpc's own stubs ``send`` and ``receive`` are ``write`` and ``read``, and ``grpc.EOF`` is
returned, not raised, as the API that came of it has them.

Not here: ``helloworld_pb2_grpc_async``, which the document itself calls of almost no value. The
"ideal" client is in ``test_seeds_ideal.py``, a server built by hand in
``test_seeds_registration.py``.
"""

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import pytest
from declared import Contract, Stub
from django_socio_grpc.context import EOF
from django_socio_grpc.testing import Mode, serve
from greeters import REPLIES, WORDS, Greeter, greeters


def requests(stub: Stub) -> list[Any]:
    return [stub.pb.GreeterStreamingHiRequest(text=text) for text in WORDS]


# Clients of the current API


class RequestIterator:
    def __init__(self) -> None:
        self._queue: queue.Queue[Any] = queue.Queue()

    def send(self, message: Any) -> None:
        self._queue.put(message)

    def __iter__(self) -> "RequestIterator":
        return self

    def __next__(self) -> Any:
        return self._queue.get(block=True)


def by_request_iterator(stub: Stub) -> list[str]:
    """Its iterator of requests has no end: the client cancels when it has what it wants."""
    request_iterator = RequestIterator()
    response_iterator = stub.StreamingHi(request_iterator)

    # In sending thread
    for proto_message in requests(stub):
        request_iterator.send(proto_message)

    # In receiving thread
    replies = []
    for response in response_iterator:
        replies.append(response.text)
        if len(replies) == len(REPLIES):
            response_iterator.cancel()
            break
    request_iterator.send(None)  # for the thread of grpc's that waits for one more
    return replies


def by_iterator_of_a_queue(stub: Stub) -> list[str]:
    """ "A special advanced usage that can shrink the LOC"."""
    request_queue: queue.Queue[Any] = queue.Queue()
    response_iterator = stub.StreamingHi(iter(request_queue.get, None))

    # In sending thread
    def send() -> None:
        for proto_message in requests(stub):
            request_queue.put(proto_message)
        request_queue.put(None)

    sending_thread = threading.Thread(target=send)
    sending_thread.start()

    # In receiving thread
    replies = [response.text for response in response_iterator]
    sending_thread.join()
    return replies


@greeters
def test_current_api_unary(mode: Mode, greeter: type[Greeter]) -> None:
    contract = Contract(greeter)
    with (
        serve(mode, contract.hook) as running,
        grpc.insecure_channel(running.target) as channel,
    ):
        stub = contract.stub(channel)
        response = stub.Hi(text="you")
    assert response.text == "Hi you"


@greeters
@pytest.mark.parametrize("client", [by_request_iterator, by_iterator_of_a_queue])
def test_current_api_stream(
    mode: Mode, greeter: type[Greeter], client: Callable[[Stub], list[str]]
) -> None:
    contract = Contract(greeter)
    with serve(mode, contract.hook) as running, running.channel() as channel:
        stub = contract.stub(channel).options(timeout=20)
        assert client(stub) == REPLIES


# Clients of Options 1 and 2


class AsyncRequestIterator:
    def __init__(self) -> None:
        self._queue: asyncio.Queue[Any] = asyncio.Queue()

    def send(self, message: Any) -> Awaitable[None]:
        return self._queue.put(message)

    def __aiter__(self) -> "AsyncRequestIterator":
        return self

    async def __anext__(self) -> Any:
        return await self._queue.get()


async def by_async_request_iterator(stub: Stub) -> list[str]:
    """Option 1. This iterator has no end either."""
    request_iterator = AsyncRequestIterator()
    response_iterator = stub.StreamingHi(request_iterator)

    # In sending thread
    for proto_message in requests(stub):
        await request_iterator.send(proto_message)

    # In receiving thread
    replies = []
    async for response in response_iterator:
        replies.append(response.text)
        if len(replies) == len(REPLIES):
            response_iterator.cancel()
            break
    return replies


async def by_async_generator(stub: Stub) -> list[str]:
    async def generate() -> AsyncIterator[Any]:
        for request in requests(stub):
            yield request
            await asyncio.sleep(0)

    return [response.text async for response in stub.StreamingHi(generate())]


async def by_write_and_read(stub: Stub) -> list[str]:
    """Option 2."""
    call = stub.StreamingHi()

    # In sending thread
    async def send() -> None:
        for proto_message in requests(stub):
            await call.write(proto_message)
        await call.done_writing()

    sending = asyncio.create_task(send())

    # In receiving thread
    replies = []
    while (response := await call.read()) is not EOF:
        replies.append(response.text)
    await sending
    return replies


@greeters
def test_async_unary(mode: Mode, greeter: type[Greeter]) -> None:
    contract = Contract(greeter)

    async def main(target: str) -> str:
        async with grpc.aio.insecure_channel(target) as channel:
            stub = contract.stub(channel)
            response = await stub.Hi(text="you")
        text: str = response.text
        return text

    with serve(mode, contract.hook) as running:
        assert asyncio.run(main(running.target)) == "Hi you"


@greeters
@pytest.mark.parametrize(
    "client", [by_async_request_iterator, by_async_generator, by_write_and_read]
)
def test_async_stream(
    mode: Mode, greeter: type[Greeter], client: Callable[[Stub], Awaitable[list[str]]]
) -> None:
    contract = Contract(greeter)

    async def main(target: str) -> list[str]:
        async with grpc.aio.insecure_channel(target) as channel:
            return await client(contract.stub(channel).options(timeout=20))

    with serve(mode, contract.hook) as running:
        assert asyncio.run(main(running.target)) == REPLIES
