"""The threads of an aio server's sync handlers."""

import asyncio
import contextvars
import threading
import time
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django_socio_grpc.concurrency import CallerThread, PoolExecutor, Workers
from django_socio_grpc.exceptions import ResourceExhausted
from library.models import Tag
from workers import with_workers

PATIENCE = 10.0


def fail(error: BaseException) -> None:
    raise error


def test_results_and_exceptions_cross() -> None:
    async def main(workers: Workers) -> None:
        assert await workers.run(divmod, 7, 2) == (3, 1)
        assert await workers.run_stream(divmod, 7, 2) == (3, 1)
        for run in (workers.run, workers.run_stream):
            for error in (ValueError("x"), SystemExit(3), asyncio.CancelledError()):
                with pytest.raises(type(error)) as caught:
                    await run(fail, error)
                assert caught.value is error
        assert workers.hops == 8

    with_workers(main)


@pytest.mark.parametrize("threads", ["Workers", "CallerThread"])
def test_stop_iteration_does_not_leave_its_caller_waiting(threads: str) -> None:
    async def main(workers: Workers) -> None:
        chosen = workers if threads == "Workers" else CallerThread()
        for run in (chosen.run, chosen.run_stream):
            with pytest.raises(RuntimeError, match="StopIteration"):
                await asyncio.wait_for(run(next, iter(())), PATIENCE)
        assert await chosen.run(str, 1) == "1"

    with_workers(main)


def test_stop_iteration_does_not_leave_who_waits_for_an_executor() -> None:
    async def main() -> None:
        executor = PoolExecutor(1, "test")
        waiting = asyncio.get_running_loop().run_in_executor(executor, next, iter(()))
        with pytest.raises(RuntimeError, match="StopIteration"):
            await asyncio.wait_for(waiting, PATIENCE)
        executor.stop()

    asyncio.run(main())


def test_no_result_is_lost_under_stress() -> None:
    """Results come in batches; a wake-up that got lost would leave a call without its own."""

    async def main(workers: Workers) -> None:
        async def client(number: int) -> None:
            for turn in range(150):
                assert await workers.run(int, f"{number}{turn}") == int(f"{number}{turn}")

        await asyncio.gather(*map(client, range(30)))

    with_workers(main, max_workers=8)


def test_at_most_so_many_threads_work_at_once() -> None:
    lock = threading.Lock()
    now: list[int] = []
    most: list[int] = []

    def job() -> str:
        with lock:
            now.append(1)
            most.append(len(now))
        time.sleep(0.02)
        with lock:
            now.pop()
        return threading.current_thread().name

    async def main(workers: Workers) -> None:
        names = await asyncio.gather(*(workers.run(job) for _ in range(20)))
        assert len(set(names)) == max(most) == 3

    with_workers(main, max_workers=3)


def test_context_variables_are_copied_to_the_thread() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="")

    def job() -> str:
        before = variable.get()
        variable.set("changed")
        return before

    async def main(workers: Workers) -> None:
        variable.set("here")
        assert await workers.run(job) == "here"
        assert await workers.run_stream(job) == "here"
        assert variable.get() == "here"

    with_workers(main, max_workers=1)


def test_too_many_streams_are_refused_and_a_free_place_is_used() -> None:
    async def main(workers: Workers) -> None:
        release = threading.Event()
        streams = [asyncio.create_task(workers.run_stream(release.wait, 10)) for _ in range(2)]
        await asyncio.sleep(0.02)
        with pytest.raises(ResourceExhausted, match="2 streams of sync handlers are open"):
            await workers.run_stream(int)
        assert await workers.run(int, "1") == 1, "streams do not starve calls"
        release.set()
        assert await asyncio.gather(*streams) == [True, True]
        assert await workers.run_stream(int, "1") == 1

    with_workers(main, max_workers=1, max_streams=2)


def test_a_cancelled_stream_keeps_its_place_until_its_thread_is_free() -> None:
    async def main(workers: Workers) -> None:
        release = threading.Event()
        stream = asyncio.create_task(workers.run_stream(release.wait, 10))
        await asyncio.sleep(0.02)
        stream.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stream
        with pytest.raises(ResourceExhausted):
            await workers.run_stream(int)
        release.set()
        while workers.open_streams:
            await asyncio.sleep(0.01)
        assert await workers.run_stream(int, "1") == 1

    with_workers(main, max_streams=1)


def test_a_call_that_is_cancelled_in_the_queue_does_not_run() -> None:
    ran: list[str] = []

    async def main(workers: Workers) -> None:
        release = threading.Event()
        busy = asyncio.ensure_future(workers.run(release.wait, 10))
        queued = asyncio.ensure_future(workers.run(ran.append, "cancelled"))
        await asyncio.sleep(0.02)
        queued.cancel()
        await asyncio.sleep(0)
        release.set()
        await busy
        await workers.run(ran.append, "next")

    with_workers(main, max_workers=1)
    assert ran == ["next"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("stream", [False, True])
def test_stopping_closes_the_connections_of_the_threads(stream: bool) -> None:
    kept: list[Any] = []

    def query() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        kept.append(connections["default"])

    async def main(workers: Workers) -> None:
        await (workers.run_stream if stream else workers.run)(query)
        assert kept[0].connection is not None, "it is kept between calls"

    with_workers(main)
    assert kept[0].connection is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["call", "stream", "to_thread", "executor"])
def test_a_transaction_that_a_call_left_open_is_rolled_back(kind: str) -> None:
    """Whoever has the thread next is not inside of it, and nobody waits for its locks."""

    def leave_open() -> Any:
        transaction.atomic().__enter__()
        Tag.objects.create(label="half")
        return connections["default"]

    def look() -> tuple[bool, int]:
        return connections["default"].in_atomic_block, Tag.objects.count()

    async def main(workers: Workers) -> None:
        executor = PoolExecutor(1, "test")
        run: Any = {
            "call": workers.run,
            "stream": workers.run_stream,
            "to_thread": asyncio.to_thread,
            "executor": partial(asyncio.get_running_loop().run_in_executor, executor),
        }[kind]
        left = await run(leave_open)
        deadline = time.monotonic() + PATIENCE
        while not left.closed_in_transaction and time.monotonic() < deadline:
            await asyncio.sleep(0.005)
        assert left.closed_in_transaction, "at once, and not when the thread is used again"
        assert await run(look) == (False, 0)
        executor.stop()

    with_workers(main, max_workers=1, max_streams=1)


def test_stopping_waits_for_its_timeout_once_and_not_for_each_thread() -> None:
    release = threading.Event()

    async def main() -> None:
        workers = Workers(asyncio.get_running_loop(), max_workers=4, max_streams=4)
        tasks = [asyncio.ensure_future(workers.run(release.wait, 10)) for _ in range(4)]
        tasks += [asyncio.create_task(workers.run_stream(release.wait, 10)) for _ in range(4)]
        await asyncio.sleep(0.05)
        start = time.monotonic()
        workers.stop(0.2)
        assert time.monotonic() - start < 0.6
        with pytest.raises(RuntimeError, match="have been stopped"):
            await workers.run(int)
        release.set()
        assert await asyncio.gather(*tasks) == [True] * 8

    asyncio.run(main())
