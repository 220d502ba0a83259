"""The checks, run in the background."""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from time import monotonic
from typing import Any

from django_socio_grpc.concurrency import PoolExecutor, Slots, tend_connections
from django_socio_grpc.health.board import Board
from django_socio_grpc.health.checks import Check
from django_socio_grpc.settings import grpc_settings

logger = logging.getLogger("django_socio_grpc.health")

BEAT = 1.0
"""Seconds between two signs of life of the loop."""
STUCK = 30.0
"""Seconds without one, after which the loop counts as stuck."""
THREADS_END = 1.0


class Monitor:
    """Runs ``checks`` on the loop that it is started on, and writes on ``board`` what they say.

    Each check has threads and connections of its own, so that it never waits for calls, and each
    goes on by itself, so that none waits for another.
    """

    def __init__(self, board: Board, checks: Sequence[Check]) -> None:
        self._board = board
        self._checks = checks
        self._interval: float = grpc_settings.HEALTH_INTERVAL
        self._limit: float = grpc_settings.HEALTH_TIMEOUT
        self._threads = PoolExecutor(max(1, len(checks)), "grpc-health-check")
        self._slots = Slots(max(1, len(checks)))
        self._errors: dict[Check, str] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._beaten = monotonic()

    def alive(self) -> bool:
        """Whether the loop has run its tasks of late."""
        return monotonic() - self._beaten < STUCK

    async def start(self) -> None:
        """Begin, and come back when each check has said something, or had its time for it."""
        first = [asyncio.Event() for _ in self._checks]
        pairs = zip(self._checks, first, strict=True)
        self._tasks = [asyncio.create_task(self._beat())]
        self._tasks += [asyncio.create_task(self._follow(*pair)) for pair in pairs]
        for event in first:
            await event.wait()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        for executor in (self._threads, self._slots):
            executor.stop(THREADS_END)
        for check in self._checks:
            if check.close is not None:
                check.close()

    async def _beat(self) -> None:
        while True:
            self._beaten = monotonic()
            await asyncio.sleep(BEAT)

    async def _follow(self, check: Check, judged: asyncio.Event) -> None:
        while True:
            job = self._begin(check)
            try:
                done, _ = await asyncio.wait((job,), timeout=self._limit)
                self._judge(check, _error(job) if done else f"no answer within {self._limit:g} s")
                judged.set()
                if not done:
                    if check.is_async:
                        job.cancel()
                    # A thread cannot be ended: it is left alone, and the check runs again then.
                    await asyncio.wait((job,))
                    _error(job)  # asked for, so that asyncio does not miss it
            finally:
                job.cancel()
            await asyncio.sleep(self._interval)

    def _begin(self, check: Check) -> asyncio.Future[Any]:
        if check.is_async:
            return asyncio.ensure_future(self._in_slot(check))
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._threads, partial(_tended, check))

    async def _in_slot(self, check: Check) -> Any:
        slot = await self._slots.enter()
        try:
            return await check.function()
        finally:
            slot.leave()

    def _judge(self, check: Check, error: str) -> None:
        before = self._errors.get(check, "")
        self._errors[check] = error
        if error and not before:
            self._board.keep_down(check, check.services)
            logger.error("%s fails (%s). Not serving: %s.", check.name, error, _names(check))
        elif before and not error:
            self._board.release(check)
            logger.warning("%s passes again. Serving: %s.", check.name, _names(check))


def _tended(check: Check) -> Any:
    tend_connections()
    try:
        return check.function()
    finally:
        tend_connections()


def _error(job: asyncio.Future[Any]) -> str:
    """What is wrong, in a few words; "" if nothing is."""
    if job.cancelled():
        return "it was cancelled"
    exc = job.exception()
    if exc is not None:
        text = " ".join(str(exc).split())
        text = text[:200].rstrip(".")  # the sentence goes on
        return f"{type(exc).__name__}: {text}" if text else type(exc).__name__
    return "it returned False" if job.result() is False else ""


def _names(check: Check) -> str:
    return ", ".join(name or "the server" for name in check.services)
