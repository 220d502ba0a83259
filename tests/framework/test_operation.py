"""What runs to its end on a loop, whoever gives up waiting for it."""

import asyncio
import gc
from collections.abc import Awaitable, Callable

import pytest
from django_socio_grpc.concurrency import Operation


def on_loop(main: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await asyncio.wait_for(main(), 30)

    asyncio.run(run())


async def slowly(events: list[str]) -> str:
    events.append("begun")
    await asyncio.sleep(0)
    await asyncio.sleep(0.02)
    events.append("ended")
    return "result"


async def quickly() -> str:
    return "at once"


async def fail() -> str:
    await asyncio.sleep(0)
    raise ValueError("broken")


async def end_of(operation: Operation[str]) -> str | None:
    while not operation.done:
        await operation.wait()
    return operation.result()


def test_it_begins_at_once_and_has_its_result_as_often_as_it_is_asked() -> None:
    async def main() -> None:
        events: list[str] = []
        operation: Operation[str] = Operation()
        assert operation.done
        operation.start(slowly(events))
        assert events == ["begun"]
        assert not operation.done
        assert await end_of(operation) == "result"
        assert operation.result() == "result"

    on_loop(main)


def test_the_next_one_may_start_at_the_end_of_one() -> None:
    async def main() -> None:
        ended: list[str | None] = []

        def note() -> None:
            ended.append(operation.result())
            if len(ended) < 3:
                operation.start(slowly([]))

        operation: Operation[str] = Operation(note)
        operation.start(slowly([]))
        assert await end_of(operation) == "result"
        assert ended == ["result"] * 3

    on_loop(main)


def test_what_need_not_wait_is_done_at_once() -> None:
    async def main() -> None:
        operation: Operation[str] = Operation()
        operation.start(quickly())
        assert operation.done
        assert operation.result() == "at once"

    on_loop(main)


def test_its_error_is_for_whoever_asks_and_not_for_the_next() -> None:
    async def main() -> None:
        operation: Operation[str] = Operation()
        operation.start(fail())
        for _ in range(2):
            with pytest.raises(ValueError, match="broken"):
                await end_of(operation)
        operation.start(quickly())
        assert operation.result() == "at once"

    on_loop(main)


def test_giving_up_does_not_stop_it_and_leaves_nothing_behind() -> None:
    async def main() -> None:
        release = asyncio.Event()

        async def until_released() -> str:
            await release.wait()
            return "result"

        operation: Operation[str] = Operation()
        operation.start(until_released())
        await give_up(operation)
        before = futures()
        for _ in range(50):
            await give_up(operation)
        assert futures() == before
        release.set()
        assert await end_of(operation) == "result"

    on_loop(main)


async def give_up(operation: Operation[str]) -> None:
    task = asyncio.ensure_future(end_of(operation))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def futures() -> int:
    """How many there are."""
    gc.collect()
    return sum(type(found) is asyncio.Future for found in gc.get_objects())


def test_all_that_wait_wake_up() -> None:
    async def main() -> None:
        operation: Operation[str] = Operation()
        operation.start(slowly([]))
        tasks = [asyncio.ensure_future(end_of(operation)) for _ in range(5)]
        await asyncio.sleep(0)
        tasks[2].cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [result for result in results if result == "result"] == ["result"] * 4

    on_loop(main)


def test_it_ends_when_nobody_waits_and_is_no_task() -> None:
    async def main() -> None:
        events: list[str] = []
        tasks = asyncio.all_tasks()
        waited_for, failing = Operation[str](), Operation[str]()
        waited_for.start(slowly(events))
        failing.start(fail())
        assert asyncio.all_tasks() == tasks
        await asyncio.sleep(0.1)
        assert events == ["begun", "ended"]
        assert failing.done

    on_loop(main)
