"""Who keeps a loop from all the others."""

import asyncio
import threading
import time
import traceback
from collections.abc import Iterator
from types import FrameType

import pytest
from django_socio_grpc.concurrency import LoopThread, Watchdog

PATIENCE = 20.0
LIMIT = 0.2


class Told:
    def __init__(self) -> None:
        self.frames: list[list[str]] = []
        self.seconds: list[float] = []
        self.blocked = threading.Event()
        self.free = threading.Event()

    def on_blocked(self, seconds: float, frame: FrameType | None) -> None:
        self.seconds.append(seconds)
        self.frames.append([each.name for each in traceback.extract_stack(frame)])
        self.blocked.set()

    def on_free(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.free.set()


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    thread = LoopThread()
    yield thread
    thread.stop()


@pytest.fixture
def told(loop: LoopThread) -> Iterator[Told]:
    told = Told()
    watchdog = Watchdog(loop.loop, LIMIT, told.on_blocked, told.on_free)
    yield told
    watchdog.stop(PATIENCE)


def test_a_blocked_loop_is_told_once_with_what_blocks_it(loop: LoopThread, told: Told) -> None:
    async def block_the_loop() -> None:
        # A time that is always seen: the first question of the watchdog, and its patience.
        while not told.blocked.is_set():
            time.sleep(0.01)
        time.sleep(3 * LIMIT)  # it is still blocked, which is nothing new

    loop.run(asyncio.wait_for(asyncio.sleep(0), PATIENCE))
    loop.submit(block_the_loop()).result(PATIENCE)
    assert told.free.wait(PATIENCE)
    (names,) = told.frames
    assert "block_the_loop" in names
    first, last = told.seconds
    assert LIMIT <= first < last


def test_a_loop_that_turns_is_not_told_of(loop: LoopThread, told: Told) -> None:
    async def wait() -> None:
        await asyncio.sleep(4 * LIMIT)

    loop.run(wait())
    # A machine that stands still may look like it, but not with this test's own wait in the loop.
    assert all("wait" not in names for names in told.frames)


def test_it_ends_while_the_loop_is_blocked(loop: LoopThread) -> None:
    told, gate = Told(), threading.Event()
    watchdog = Watchdog(loop.loop, LIMIT, told.on_blocked, told.on_free)

    async def block() -> None:
        gate.wait(PATIENCE)

    future = loop.submit(block())
    assert told.blocked.wait(PATIENCE)
    watchdog.stop(PATIENCE)
    assert not any(each.name == "grpc-watchdog" for each in threading.enumerate())
    gate.set()
    future.result(PATIENCE)
    assert not told.free.is_set()


def test_it_ends_with_its_loop() -> None:
    thread, told = LoopThread(), Told()
    watchdog = Watchdog(thread.loop, 0.01, told.on_blocked, told.on_free)
    thread.stop()
    watchdog.stop(PATIENCE)
    assert not any(each.name == "grpc-watchdog" for each in threading.enumerate())
