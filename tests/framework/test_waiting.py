"""How a thread that works for a loop waits for what runs on it."""

import asyncio
import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django_socio_grpc.concurrency import Workers, await_from_thread
from workers import with_workers

PATIENCE = 10.0


def test_a_worker_waits_for_the_loop_that_it_works_for() -> None:
    async def main(workers: Workers) -> None:
        async def coroutine() -> Any:
            await asyncio.sleep(0)
            return asyncio.get_running_loop()

        def job() -> Any:
            return await_from_thread(coroutine())

        assert await workers.run(job) is asyncio.get_running_loop()
        assert await workers.run_stream(job) is asyncio.get_running_loop()

    with_workers(main)


def test_a_worker_that_waits_runs_the_sync_functions_of_the_awaitable() -> None:
    async def main(workers: Workers) -> None:
        async def coroutine() -> list[int]:
            nested = sync_to_async(lambda: await_from_thread(sync_to_async(threading.get_ident)()))
            return [await sync_to_async(threading.get_ident)(), await nested()]

        def job() -> tuple[list[int], int]:
            return await_from_thread(coroutine()), threading.get_ident()

        async def once() -> None:
            found, own = await workers.run(job)
            assert found == [own, own]

        await asyncio.gather(*(once() for _ in range(20)))

    with_workers(main, max_workers=4)


def test_an_error_crosses_to_the_worker_that_waits() -> None:
    async def main(workers: Workers) -> None:
        async def coroutine() -> None:
            raise ValueError("broken")

        with pytest.raises(ValueError, match="broken"):
            await workers.run(lambda: await_from_thread(coroutine()))

    with_workers(main)


def test_a_task_that_outlives_the_wait_may_still_call_sync_functions() -> None:
    late: list[asyncio.Task[int]] = []

    async def main(workers: Workers) -> None:
        async def later() -> int:
            await asyncio.sleep(0.05)
            return await sync_to_async(threading.get_ident)()

        async def coroutine() -> None:
            late.append(asyncio.create_task(later()))

        await workers.run(lambda: await_from_thread(coroutine()))
        assert await asyncio.wait_for(late[0], PATIENCE) != threading.get_ident()

    with_workers(main)


def test_a_thread_of_no_loop_waits_too() -> None:
    async def coroutine() -> int:
        await asyncio.sleep(0)
        return 7

    assert await_from_thread(coroutine()) == 7
