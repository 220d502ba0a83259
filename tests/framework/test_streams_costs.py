"""What streams of async handlers cost, open and for each message, and what they never lose."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from queue import SimpleQueue
from typing import Any

import grpc
import pytest
from declared import stub_of
from django.test import override_settings
from django_socio_grpc.context import EOF
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import Cancelled
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode

TEXT = [{"name": "text", "type": "string"}]
PATIENCE = 20.0
STREAMS = 20
GRPCS_OWN = 1
"""Tasks that grpc.aio has for each call beside the one which runs its handler."""

chat = grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)


class Costs(Service):
    service_name = "Cost"
    pb: Any
    late: "SimpleQueue[object]" = SimpleQueue()

    @chat
    async def Yield(self, request: Any, context: Any) -> Any:
        async for _ in request:
            yield self.pb.CostYieldResponse(text=tasks_and_threads())

    @chat
    async def Write(self, request: Any, context: Any) -> None:
        while await context.read() is not EOF:
            await context.write(self.pb.CostWriteResponse(text=tasks_and_threads()))

    @chat
    async def Count(self, request: Any, context: Any) -> Any:
        """Answer with the number of tasks that were made since the first message."""
        loop = asyncio.get_running_loop()
        made = []

        def make(loop: Any, coroutine: Any, **options: Any) -> Any:
            made.append(coroutine)
            return asyncio.Task(coroutine, loop=loop, **options)

        try:
            async for message in request:
                loop.set_task_factory(make)
                if message.text == "write":
                    await context.write(self.pb.CostCountResponse(text=str(len(made))))
                else:
                    yield self.pb.CostCountResponse(text=str(len(made)))
        finally:
            loop.set_task_factory(None)

    @chat
    async def GiveUp(self, request: Any, context: Any) -> Any:
        """One task, which gives up waiting again and again."""
        given_up = 0
        while True:
            try:
                async with asyncio.timeout(0.01):
                    message: Any = await anext(request, EOF)
            except TimeoutError:
                given_up += 1
                continue
            if message is EOF:
                break
            yield self.pb.CostGiveUpResponse(text=message.text)
        yield self.pb.CostGiveUpResponse(text=f"given up {given_up > 10}")

    @grpc_action(response=TEXT, response_stream=True)
    async def Press(self, request: Any, context: Any) -> None:
        """Give up three replies of those that the client does not read."""
        sent: list[str] = []
        given_up: list[str] = []
        while len(given_up) < 3:
            number = str(len(sent) + len(given_up))
            try:
                async with asyncio.timeout(0.05):
                    await context.write(self.pb.CostPressResponse(text=number + "x" * 50_000))
                sent.append(number)
            except TimeoutError:
                given_up.append(number)
        await context.write(self.pb.CostPressResponse(text=",".join(sent)))

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    async def Outlive(self, request: Any, context: Any) -> Any:
        """A task reads on when the call is over."""

        async def read() -> None:
            try:
                self.late.put(await context.read())
            except Cancelled as exc:
                self.late.put(exc)

        Costs.reader = asyncio.ensure_future(read())  # type: ignore[attr-defined]
        return self.pb.CostOutliveResponse(text="over")

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    async def Share(self, request: Any, context: Any) -> Any:
        """Three tasks read one stream."""

        async def read() -> list[str]:
            return [message.text async for message in request]

        read_by = await asyncio.gather(read(), read(), read())
        return self.pb.CostShareResponse(text="".join(sorted("".join(map("".join, read_by)))))


def tasks_and_threads() -> str:
    return f"{len(asyncio.all_tasks())} {threading.active_count()}"


class Questions:
    """Requests as they are put."""

    def __init__(self, message: Any) -> None:
        self.put: Callable[[Any], None]
        queue: SimpleQueue[Any] = SimpleQueue()
        self.put, self._get, self.message = queue.put, queue.get, message

    def ask(self, text: str = "") -> None:
        self.put(self.message(text=text))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._get, None)


@pytest.mark.parametrize("action", ["Yield", "Write"])
def test_an_open_stream_is_one_task_and_no_thread(action: str) -> None:
    with stub_of("aio", Costs) as stub, ExitStack() as stack:
        counts, streams = [], []
        for _ in range(STREAMS):
            questions = Questions(getattr(stub.pb, f"Cost{action}Request"))
            stack.callback(questions.put, None)
            streams.append(getattr(stub.options(timeout=PATIENCE), action)(iter(questions)))
            questions.ask()
            counts.append([int(number) for number in next(streams[-1]).text.split()])
    (tasks, threads), (last_tasks, last_threads) = counts[0], counts[-1]
    assert last_tasks - tasks <= (STREAMS - 1) * (1 + GRPCS_OWN)
    assert last_threads - threads <= STREAMS - 1, "that of the client, for its requests"


def test_a_message_costs_no_task() -> None:
    with stub_of("aio", Costs) as stub:
        questions = Questions(stub.pb.CostCountRequest)
        replies = stub.options(timeout=PATIENCE).Count(iter(questions))
        for number in range(20):
            questions.ask("write" if number % 2 else "yield")
            assert next(replies).text == "0"
        questions.put(None)
        assert list(replies) == []


def test_a_task_that_gives_up_waiting_loses_nothing(mode: Mode) -> None:
    with stub_of(mode, Costs) as stub:

        def requests() -> Iterator[Any]:
            for letter in "abcde":
                time.sleep(0.1)
                yield stub.pb.CostGiveUpRequest(text=letter)

        texts = [reply.text for reply in stub.options(timeout=PATIENCE).GiveUp(requests())]
    assert texts == [*"abcde", "given up True"]


def test_a_reply_that_is_given_up_is_sent_as_a_whole_or_not_at_all(mode: Mode) -> None:
    with stub_of(mode, Costs) as stub:
        replies = stub.options(timeout=PATIENCE).Press()
        first = next(replies).text
        time.sleep(0.5)
        *texts, last = [first, *(reply.text for reply in replies)]
    assert {len(text.lstrip("0123456789")) for text in texts} == {50_000}
    numbers = [text.rstrip("x") for text in texts]
    assert numbers == sorted(numbers, key=int)
    assert set(last.split(",")) <= set(numbers)


def test_a_task_that_outlives_its_call_reads_no_end() -> None:
    with stub_of("aio", Costs) as stub:
        questions = Questions(stub.pb.CostOutliveRequest)
        assert stub.options(timeout=PATIENCE).Outlive(iter(questions)).text == "over"
        assert isinstance(Costs.late.get(timeout=PATIENCE), Cancelled)
        questions.put(None)


def test_several_tasks_may_read() -> None:
    with stub_of("aio", Costs) as stub:
        requests = (stub.pb.CostShareRequest(text=letter) for letter in "abcdefgh")
        assert stub.options(timeout=PATIENCE).Share(requests).text == "abcdefgh"


def test_a_last_reply_that_cannot_be_sent_is_an_error() -> None:
    """It is on its way when the handler returns, which is not its end."""

    class Large(Service):
        service_name = "Large"
        pb: Any

        @grpc_action(request=TEXT, response=TEXT, response_stream=True)
        async def Write(self, request: Any, context: Any) -> None:
            await context.write(self.pb.LargeWriteResponse(text="x" * 10_000))

    limit = {"SERVER_OPTIONS": [("grpc.max_send_message_length", 1000)]}
    with (
        override_settings(GRPC_FRAMEWORK=limit),
        stub_of("aio", Large) as stub,
        pytest.raises(grpc.RpcError) as caught,
    ):
        list(stub.options(timeout=PATIENCE).Write())
    assert caught.value.code() is not StatusCode.OK
