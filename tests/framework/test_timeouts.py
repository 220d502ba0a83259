"""One timer for many things that may take the same time."""

import asyncio
import threading

import pytest
from django_socio_grpc.concurrency import LoopThread, Timeouts
from waiting import until

PATIENCE = 10.0


def test_those_that_are_not_over_expire_in_their_order() -> None:
    expired: list[str] = []

    async def run() -> None:
        last = asyncio.Event()

        def expire(item: str) -> None:
            expired.append(item)
            if item == "d":
                last.set()

        timeouts = Timeouts(0.05, expire)
        for item in "abcd":
            timeouts.begin(item)
        timeouts.end("b")
        async with asyncio.timeout(PATIENCE):
            await last.wait()

    asyncio.run(run())
    assert expired == ["a", "c", "d"]


def test_it_works_again_after_it_had_nothing_to_do() -> None:
    async def run() -> None:
        expired: asyncio.Queue[int] = asyncio.Queue()
        timeouts = Timeouts(0.02, expired.put_nowait)
        for number in range(3):
            timeouts.begin(number)
            async with asyncio.timeout(PATIENCE):
                assert await expired.get() == number
            await asyncio.sleep(0.05)

    asyncio.run(run())


def test_what_is_ended_once_more_or_never_began_does_no_harm() -> None:
    expired: list[str] = []

    async def run() -> None:
        timeouts = Timeouts(0.02, expired.append)
        timeouts.end("a")
        timeouts.begin("a")
        timeouts.end("a")
        timeouts.end("a")
        await asyncio.sleep(0.1)

    asyncio.run(run())
    assert expired == []


def test_threads_may_begin_and_end_what_expires_on_a_loop() -> None:
    thread = LoopThread()
    expired: list[tuple[int, int]] = []
    threads_of_loop: set[int] = set()
    wanted = {(number, turn) for number in range(4) for turn in range(0, 500, 100)}

    def expire(item: tuple[int, int]) -> None:
        expired.append(item)
        threads_of_loop.add(threading.get_ident())

    timeouts = Timeouts(0.2, expire, thread.loop)

    def work(number: int) -> None:
        for turn in range(500):
            timeouts.begin((number, turn))
            if turn % 100:
                timeouts.end((number, turn))

    try:
        workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for each in workers:
            each.start()
        for each in workers:
            each.join()
        # On a machine that is slow others may have been too late as well.
        until(lambda: wanted <= {*expired}, "all that were not ended")
    finally:
        thread.stop()
    assert len(expired) == len({*expired})
    assert len(threads_of_loop) == 1
    assert threading.get_ident() not in threads_of_loop


def test_what_cannot_be_ended_is_logged_and_the_others_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def run() -> None:
        expired: asyncio.Queue[str] = asyncio.Queue()

        def expire(item: str) -> None:
            if item == "a":
                raise ValueError(item)
            expired.put_nowait(item)

        timeouts = Timeouts(0.02, expire)
        async with asyncio.timeout(PATIENCE):
            for item in "ab":
                timeouts.begin(item)
            assert await expired.get() == "b"
            timeouts.begin("c")
            assert await expired.get() == "c"

    asyncio.run(run())
    assert "'a' is over, and cannot be ended." in caplog.text
