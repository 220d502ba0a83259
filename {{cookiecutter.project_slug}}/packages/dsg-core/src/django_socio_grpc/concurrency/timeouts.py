"""Many things that may take the same time at most, and one timer for all of them."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")

logger = logging.getLogger("django_socio_grpc.internal")


class Timeouts(Generic[T]):
    """Calls ``expire(item)``, on a loop, for each item that is not over after ``seconds``.

    As all have the same time, those that began first are first to be over: whoever begins or ends
    one touches no timer. Any thread may, if the ``loop`` is given; without it that is the one on
    which ``begin`` is called.
    """

    def __init__(
        self,
        seconds: float,
        expire: Callable[[T], None],
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._seconds = seconds
        self._expire = expire
        self._loop = loop
        self._pending: dict[T, float] = {}
        self._armed = False

    def begin(self, item: T) -> None:
        """From now on ``item`` has its time."""
        self._pending[item] = monotonic() + self._seconds
        if self._armed:  # looked at last: either this or ``_look`` sees what the other has done
            return
        self._armed = True
        if self._loop is None:
            asyncio.get_running_loop().call_later(self._seconds, self._look)
        else:
            self._loop.call_soon_threadsafe(self._loop.call_later, self._seconds, self._look)

    def end(self, item: T) -> None:
        """It is over. Once more does no harm."""
        self._pending.pop(item, None)

    def _look(self) -> None:
        """Expire all whose time is over, and look again when that of the next one is."""
        while (item := self._first()) is not None:
            wait = self._pending.get(item, 0.0) - monotonic()
            if wait > 0:
                asyncio.get_running_loop().call_later(wait, self._look)
                return
            if self._pending.pop(item, None) is not None:  # it has not ended meanwhile
                try:
                    self._expire(item)
                except Exception:  # the others have their time as well
                    logger.exception("%r is over, and cannot be ended.", item)
        self._armed = False
        if self._pending:
            self._armed = True
            asyncio.get_running_loop().call_soon(self._look)

    def _first(self) -> T | None:
        while True:
            with suppress(RuntimeError):  # another thread has changed it meanwhile
                return next(iter(self._pending), None)
