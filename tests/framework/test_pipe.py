"""A pipe between a producer and a consumer, each in a thread or on a loop."""

import asyncio
import contextvars
import gc
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django_socio_grpc.concurrency import LoopThread, Pipe, PipeClosed, fill

PATIENCE = 10.0


class End:
    """One end of a pipe, which does its work in a thread or on a loop of its own."""

    def __init__(self, where: str) -> None:
        self.where = where
        self._loop = LoopThread() if where == "loop" else None
        self._threads = ThreadPoolExecutor(1)

    def start(self, in_thread: Callable[..., Any], on_loop: Callable[..., Any]) -> Future[Any]:
        if self._loop is not None:
            return self._loop.submit(on_loop())
        return self._threads.submit(in_thread)

    def stop(self) -> None:
        if self._loop is not None:
            self._loop.stop()
        self._threads.shutdown()

    def put_all(self, pipe: Pipe[Any], items: Any, error: Exception | None = None) -> Future[int]:
        """Put ``items`` one by one and finish; the result is how many."""

        def in_thread() -> int:
            count = 0
            for item in items:
                pipe.put(item)
                count += 1
            pipe.finish(error)
            return count

        async def on_loop() -> int:
            count = 0
            for item in items:
                await pipe.aput(item)
                count += 1
            pipe.finish(error)
            return count

        return self.start(in_thread, on_loop)

    def take(self, pipe: Pipe[Any]) -> Future[list[Any]]:
        async def on_loop() -> list[Any]:
            return await pipe.atake()

        return self.start(pipe.take, on_loop)

    def take_all(self, pipe: Pipe[Any]) -> Future[list[Any]]:
        async def on_loop() -> list[Any]:
            return [item async for item in pipe]

        return self.start(lambda: list(pipe), on_loop)


@pytest.fixture(params=["thread", "loop"])
def producer(request: pytest.FixtureRequest) -> Iterator[End]:
    end = End(request.param)
    yield end
    end.stop()


@pytest.fixture(params=["thread", "loop"])
def consumer(request: pytest.FixtureRequest) -> Iterator[End]:
    end = End(request.param)
    yield end
    end.stop()


@pytest.mark.parametrize("limit", [1, 3, 16])
def test_many_items_keep_their_order(producer: End, consumer: End, limit: int) -> None:
    pipe: Pipe[int] = Pipe(limit)
    taken = consumer.take_all(pipe)
    put = producer.put_all(pipe, range(3000))
    assert taken.result(PATIENCE) == list(range(3000))
    assert put.result(PATIENCE) == 3000


def test_no_wake_up_is_lost_when_both_ends_wait_in_turn(producer: End, consumer: End) -> None:
    """Many short pipes: each end is first at the pipe about half of the time."""
    for number in range(300):
        pipe: Pipe[int] = Pipe(1)
        if number % 2:
            put, taken = producer.put_all(pipe, [1, 2, 3]), consumer.take_all(pipe)
        else:
            taken, put = consumer.take_all(pipe), producer.put_all(pipe, [1, 2, 3])
        assert taken.result(PATIENCE) == [1, 2, 3]
        assert put.result(PATIENCE) == 3


def test_a_full_pipe_holds_its_producer(producer: End, consumer: End) -> None:
    pipe: Pipe[int] = Pipe(4)
    counted: list[int] = []

    def items() -> Iterator[int]:
        for number in range(20):
            counted.append(number)
            yield number

    put = producer.put_all(pipe, items())
    deadline = time.monotonic() + PATIENCE
    while len(counted) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    assert len(counted) == 5, "four in the pipe and one that waits"
    assert consumer.take(pipe).result(PATIENCE)[:4] == [0, 1, 2, 3]
    assert consumer.take_all(pipe).result(PATIENCE)[-1] == 19
    assert put.result(PATIENCE) == 20


def test_the_consumer_gets_what_is_left_and_then_the_error(producer: End, consumer: End) -> None:
    pipe: Pipe[int] = Pipe()
    producer.put_all(pipe, [1, 2], ValueError("broken")).result(PATIENCE)
    assert consumer.take(pipe).result(PATIENCE) == [1, 2]
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            consumer.take(pipe).result(PATIENCE)


def test_an_error_wakes_a_waiting_consumer(consumer: End) -> None:
    pipe: Pipe[int] = Pipe()
    taken = consumer.take_all(pipe)
    time.sleep(0.05)
    assert not taken.done()
    pipe.finish(ValueError("broken"))
    with pytest.raises(ValueError, match="broken"):
        taken.result(PATIENCE)


def test_closing_wakes_a_waiting_producer(producer: End) -> None:
    pipe: Pipe[int] = Pipe(1)
    put = producer.put_all(pipe, range(5))
    time.sleep(0.05)
    assert not put.done()
    pipe.close()
    with pytest.raises(PipeClosed):
        put.result(PATIENCE)


def test_closing_wakes_a_waiting_consumer(consumer: End) -> None:
    pipe: Pipe[int] = Pipe()
    taken = consumer.take_all(pipe)
    time.sleep(0.05)
    assert not taken.done()
    pipe.close()
    assert taken.result(PATIENCE) == []


def test_a_closed_pipe_takes_no_more_and_has_no_more(producer: End, consumer: End) -> None:
    pipe: Pipe[int] = Pipe()
    pipe.put(1)
    pipe.close()
    assert consumer.take(pipe).result(PATIENCE) == []
    with pytest.raises(PipeClosed):
        producer.put_all(pipe, [2]).result(PATIENCE)


def test_a_cancelled_wait_leaves_the_pipe_whole() -> None:
    async def main() -> list[int]:
        pipe: Pipe[int] = Pipe(1)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(pipe.atake(), 0.01)
        await pipe.aput(1)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(pipe.aput(2), 0.01)
        assert await pipe.atake() == [1]
        await pipe.aput(3)
        return await pipe.atake()

    assert asyncio.run(main()) == [3]


def test_those_that_give_up_leave_nothing_behind() -> None:
    """A handler may tick for hours while no message comes."""

    async def main() -> None:
        empty: Pipe[int] = Pipe(1)
        full: Pipe[int] = Pipe(1)
        full.put(1)
        counts = []
        for _ in range(2):
            for _ in range(20):
                for waiting in (empty.atake(), full.aput(2)):
                    with pytest.raises(TimeoutError):
                        await asyncio.wait_for(waiting, 0.001)
            gc.collect()
            counts.append(sum(type(found) is asyncio.Future for found in gc.get_objects()))
        assert counts[0] == counts[1]

    asyncio.run(main())


def test_a_loop_that_is_gone_does_not_disturb_the_other_end() -> None:
    pipe: Pipe[int] = Pipe(1)
    loop = LoopThread()

    async def wait() -> list[int]:
        return await pipe.atake()

    loop.submit(wait())
    time.sleep(0.05)
    loop.stop()
    pipe.put(1)
    assert pipe.take() == [1]


# fill


def test_fill_carries_items_and_context() -> None:
    tenant: contextvars.ContextVar[str] = contextvars.ContextVar("tenant")
    tenant.set("acme")
    pipe: Pipe[str] = Pipe()
    fill(pipe, (tenant.get() + str(number) for number in range(3)))
    assert list(pipe) == ["acme0", "acme1", "acme2"]


@pytest.mark.parametrize("error", [ValueError("broken"), asyncio.CancelledError(), SystemExit(1)])
def test_fill_hands_every_error_over(error: BaseException) -> None:
    """An error that got lost would look like the end of the items."""

    def items() -> Iterator[int]:
        yield 1
        raise error

    pipe: Pipe[int] = Pipe()
    fill(pipe, items())
    taken = []
    with pytest.raises(type(error)):
        for item in pipe:
            taken.append(item)
    assert taken == [1]


def test_fill_closes_a_generator_whose_consumer_left() -> None:
    closed = threading.Event()

    def items() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    pipe: Pipe[int] = Pipe(2)
    fill(pipe, items())
    assert pipe.take()
    pipe.close()
    assert closed.wait(PATIENCE)
