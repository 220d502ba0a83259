"""Where calls wait for a moment when their server begins to stop.

grpc cancels what has come and is not taken yet when it stops, and what comes until the clients
know. Those calls end as CANCELLED, which no client repeats. So for a moment before, calls are
taken and not answered: a client that has all its calls in flight sends no other. When grpc has
told the clients to leave, those that wait are served.
"""

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

QUIET = 0.25
"""Seconds without a new call, nor the end of one, after which the server may stop."""
LIMIT = 0.75
"""Seconds after which it stops anyway, and loses the calls of the moment."""
STEP = 0.01
NOTICE = 0.02
"""Seconds from the stop until calls are answered, by when the clients have heard of it."""


class Door(ABC):
    """Is open until the server stops, which costs a call no more than a look at ``closed``.

    ``calls()`` is how many are there, at work or waiting.
    """

    def __init__(self, calls: Callable[[], int]) -> None:
        self.closed = False
        self._calls = calls

    @abstractmethod
    def open(self) -> None:
        """Let those pass that wait, and all others."""

    def _until_quiet(self) -> Iterator[float]:
        """Yield seconds to sleep until no more calls come."""
        began = since = time.monotonic()
        seen = self._calls()
        while (now := time.monotonic()) - began < LIMIT and now - since < QUIET:
            yield STEP
            if (calls := self._calls()) != seen:
                seen, since = calls, time.monotonic()


class AioDoor(Door):
    """For calls on a loop."""

    def __init__(self, calls: Callable[[], int]) -> None:
        super().__init__(calls)
        self._opened = asyncio.Event()

    async def wait(self) -> None:
        await self._opened.wait()

    async def close(self) -> None:
        """Let no call pass, and return when no more come."""
        self.closed = True
        for seconds in self._until_quiet():
            await asyncio.sleep(seconds)

    def open(self) -> None:
        self.closed = False
        self._opened.set()


class SyncDoor(Door):
    """For calls in threads."""

    def __init__(self, calls: Callable[[], int]) -> None:
        super().__init__(calls)
        self._opened = threading.Event()

    def wait(self) -> None:
        self._opened.wait()

    def close(self) -> None:
        """Let no call pass, and return when no more come."""
        self.closed = True
        for seconds in self._until_quiet():
            time.sleep(seconds)

    def open(self) -> None:
        self.closed = False
        self._opened.set()
