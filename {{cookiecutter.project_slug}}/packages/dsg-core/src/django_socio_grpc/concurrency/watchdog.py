"""Who keeps a loop from all the others."""

import asyncio
import sys
import threading
from collections.abc import Callable
from time import monotonic
from types import FrameType

Blocked = Callable[[float, FrameType | None], None]
Free = Callable[[float], None]


class Watchdog:
    """Asks ``loop``, from a thread, whether it still turns, and reports when it does not.

    When it has not for ``limit`` seconds, ``blocked(seconds, frame)`` is told so, and what its
    thread is at; when it turns again, ``free(seconds)`` is told how long that took. Both run in
    the watchdog's thread.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, limit: float, blocked: Blocked, free: Free
    ) -> None:
        self._loop = loop
        self._limit = limit
        self._blocked = blocked
        self._free = free
        self._owner: int | None = None
        self._ending = threading.Event()
        loop.call_soon_threadsafe(self._turn, threading.Event())  # whose thread is it?
        self._thread = threading.Thread(target=self._run, name="grpc-watchdog", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 1.0) -> None:
        """End the thread; wait ``timeout`` seconds at most."""
        self._ending.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._ending.wait(self._limit / 2):
            turned = threading.Event()
            asked = monotonic()
            try:
                self._loop.call_soon_threadsafe(self._turn, turned)
            except RuntimeError:  # it is closed
                return
            if not self._answers(turned):
                self._blocked(monotonic() - asked, sys._current_frames().get(self._owner or 0))
                while not turned.wait(self._limit):
                    if self._ending.is_set():
                        return
                self._free(monotonic() - asked)

    def _answers(self, turned: threading.Event) -> bool:
        """Whether the loop answers in time."""
        begun = monotonic()
        if turned.wait(self._limit) or self._ending.is_set():
            return True
        # Both threads may have stood still, with the whole process: then the loop comes now.
        late = monotonic() - begun > 2 * self._limit
        return late and turned.wait(self._limit)

    def _turn(self, turned: threading.Event) -> None:
        self._owner = threading.get_ident()
        turned.set()
