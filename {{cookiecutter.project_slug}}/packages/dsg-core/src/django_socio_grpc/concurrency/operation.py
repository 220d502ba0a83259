"""What goes on when nobody waits for it any more, and is no task."""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Operation(Generic[T]):
    """Runs coroutines on a loop, one after the other, each to its end.

    Any number of tasks may wait, and to give up waiting changes nothing: what a coroutine takes
    from elsewhere is not lost, and what it gives is given as a whole. A task that is shielded
    does the same at several times the price; this is for what is done for each message.
    """

    __slots__ = ("_context", "_coroutine", "_ended", "_error", "_result", "_waiting", "done")

    def __init__(self, ended: Callable[[], None] | None = None) -> None:
        self._ended = ended
        self._context = contextvars.copy_context()
        self._result: T | None = None
        self._error: BaseException | None = None
        self._waiting: list[asyncio.Future[None]] = []
        self.done = True

    def start(self, coroutine: Coroutine[Any, Any, T]) -> None:
        """Run ``coroutine`` from now on. The one before must be ``done``."""
        self._coroutine = coroutine
        self._error = None
        self.done = False
        self._go_on()

    def wait(self) -> "asyncio.Future[None]":
        """Return what ends when the coroutine does, which is not ``done``, and may be cancelled.

        By then another task may have started the next one.
        """
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._waiting:  # of those that gave up nothing must pile up
            self._waiting = [other for other in self._waiting if not other.done()]
        self._waiting.append(waiter)
        return waiter

    def result(self) -> T | None:
        """Return or raise what the coroutine did, which is ``done``."""
        if self._error is not None:
            raise self._error
        return self._result

    def forget(self) -> None:
        """Call nobody back any more, and so keep nobody."""
        self._ended = None

    def _go_on(self, _: object = None) -> None:
        try:
            future = self._coroutine.send(None)
        except StopIteration as end:
            self._result = end.value
        except BaseException as exc:  # it is for whoever waits
            self._error = exc
        else:
            # A coroutine gives the future that it waits for, or None to let others go first.
            wait: Callable[..., Any] = (
                asyncio.get_running_loop().call_soon
                if future is None
                else future.add_done_callback
            )
            wait(self._go_on, context=self._context)
            return
        self.done = True
        del self._coroutine
        if self._ended is not None:
            self._ended()
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)
