"""A loop in a thread of its own: what runs on it, and how it ends."""

import asyncio
import threading
import time

import pytest
from django_socio_grpc.concurrency import LoopThread, offload, run_to_end

PATIENCE = 10.0


def test_loop_thread_runs_and_stops() -> None:
    loop = LoopThread("test-loop")

    async def name() -> str:
        return threading.current_thread().name

    assert loop.run(name()) == "test-loop"
    with pytest.raises(ZeroDivisionError):
        loop.run(offload(lambda: 1 // 0)())
    loop.stop()
    loop.stop()
    assert loop.loop.is_closed()
    assert "test-loop" not in {thread.name for thread in threading.enumerate()}


def test_stopping_a_loop_lets_tasks_clean_up() -> None:
    loop, started, cleaned = LoopThread(), threading.Event(), threading.Event()

    async def task() -> None:
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            cleaned.set()

    future = loop.submit(task())
    assert started.wait(PATIENCE)
    loop.stop()
    assert cleaned.is_set()
    assert future.cancelled()


def test_stopping_a_loop_does_not_wait_for_a_task_that_will_not_end() -> None:
    loop, started, release = LoopThread(), threading.Event(), threading.Event()

    async def stubborn() -> None:
        started.set()
        while not release.is_set():
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                continue

    loop.submit(stubborn())
    assert started.wait(PATIENCE)
    start = time.monotonic()
    loop.stop(0.1)
    assert time.monotonic() - start < 2
    release.set()
    assert not loop.loop.is_running()


def test_cancelling_the_future_cancels_the_coroutine() -> None:
    loop, started, cancelled = LoopThread(), threading.Event(), threading.Event()

    async def task() -> None:
        started.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    future = loop.submit(task())
    assert started.wait(PATIENCE)
    future.cancel()
    assert cancelled.wait(PATIENCE)
    loop.stop()


async def leave(error: type[BaseException]) -> None:
    raise error("bye")


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_a_task_ends_itself_and_not_the_loop(
    error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    thread = LoopThread()
    try:
        with pytest.raises(error):
            thread.run(leave(error))
        assert thread.run(asyncio.sleep(0, "goes on")) == "goes on"
    finally:
        thread.stop()
    assert "A task was to end the process." in caplog.text


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_what_runs_to_its_end_is_not_ended_by_another_task(error: type[BaseException]) -> None:
    async def serve() -> str:
        task = asyncio.create_task(leave(error))
        await asyncio.sleep(0.05)
        with pytest.raises(error):
            await task
        return "served"

    loop = asyncio.new_event_loop()
    try:
        assert run_to_end(loop, serve()) == "served"
    finally:
        loop.close()
