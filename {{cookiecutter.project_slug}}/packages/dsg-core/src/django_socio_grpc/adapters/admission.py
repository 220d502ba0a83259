"""How many calls a server takes on at once, and how it refuses one more."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from time import monotonic

from grpc import StatusCode

from django_socio_grpc.exceptions import Abort

logger = logging.getLogger("django_socio_grpc.request")

QUIET = 1.0
"""Seconds between two records of refused calls: a flood of the ones is none of the others."""


class Refused(Abort):
    """The server has no room for the call."""


class Room:
    """The calls that one server may have at once: ``limit``, or any number if it is None."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self._untold = 0
        self._told = float("-inf")

    def refusal(self) -> Refused:
        """Return what ends a call beyond the limit, and note it for the log."""
        self._untold += 1
        now = monotonic()
        if now - self._told >= QUIET:
            untold, self._untold, self._told = self._untold, 0, now
            logger.warning(
                "Refused %d calls: the server is at GRPC_FRAMEWORK['MAX_CONCURRENT_RPCS'], %s.",
                untold,
                self.limit,
            )
        text = f"The server is at its limit of {self.limit} calls. Try again later."
        return Refused(StatusCode.RESOURCE_EXHAUSTED, text)


class CountingRoom(Room):
    """Counts the calls, which all come and go on one loop."""

    def __init__(self, limit: int | None) -> None:
        super().__init__(limit)
        self.calls = 0

    def enter(self) -> None:
        """Count a call, which is to ``leave`` whether or not it may stay.

        Raises:
            Refused: it may not.
        """
        self.calls += 1
        if self.limit is not None and self.calls > self.limit:
            raise self.refusal()

    def leave(self) -> None:
        self.calls -= 1


class QueuedRoom(Room):
    """Asks for the ``load()``: how many calls are in threads, or wait for one."""

    def __init__(self, limit: int | None, load: Callable[[], int]) -> None:
        super().__init__(limit)
        self._load = load

    def is_full(self) -> bool:
        return self.limit is not None and self._load() >= self.limit

    @cached_property
    def thread(self) -> ThreadPoolExecutor:
        """It refuses calls. The threads that serve them are all at work by then."""
        return ThreadPoolExecutor(1, "grpc-refusals")
