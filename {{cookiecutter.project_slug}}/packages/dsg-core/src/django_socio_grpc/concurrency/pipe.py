"""A bounded hand-over from producers to a consumer, each in a thread or on a loop."""

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from typing import Generic, TypeAlias, TypeVar

from django_socio_grpc.concurrency.connections import drop_connections, take_connections

T = TypeVar("T")
Wake: TypeAlias = Callable[[], None]


class PipeClosed(Exception):
    """The other end is gone: nobody will take what the producer still has."""


class Pipe(Generic[T]):
    """Carries items in order and holds at most ``limit`` of them (back-pressure).

    Producers call ``put`` in threads, ``aput`` on a loop, or ``offer``, which does not wait; then
    ``finish``. Consumers iterate, or call ``take`` in a thread or ``atake`` on a loop; each
    returns all that is there, so that a fast producer costs one wake-up for many items, and
    ``[]`` at the end. A consumer that stops early calls ``close``, and the next ``put`` raises
    PipeClosed. Waiting may be cancelled, and nothing is lost by it.
    """

    __slots__ = (
        "_closed",
        "_error",
        "_finished",
        "_items",
        "_limit",
        "_lock",
        "_putters",
        "_taken",
        "_takers",
    )

    def __init__(self, limit: int = 16) -> None:
        self._limit = limit
        self._items: deque[T] = deque()
        self._taken: deque[T] = deque()  # by iteration, and not yet given
        self._lock = threading.Lock()
        self._finished = False
        self._closed = False
        self._error: BaseException | None = None
        self._putters: list[Wake] = []  # wake those that wait
        self._takers: list[Wake] = []

    def put(self, item: T) -> None:
        """Hand ``item`` over; wait in this thread while the pipe is full."""
        while not self.offer(item):
            event = threading.Event()
            if self._await_room(event.set):
                event.wait()

    async def aput(self, item: T) -> None:
        """Hand ``item`` over; wait on the running loop while the pipe is full."""
        while not self.offer(item):
            future, wake = _waiter()
            if self._await_room(wake):
                await self._woken(future, wake)

    def offer(self, item: T) -> bool:
        """Hand ``item`` over if there is room, without waiting; else return False."""
        with self._lock:
            if self._closed:
                raise PipeClosed
            if len(self._items) >= self._limit:
                return False
            self._items.append(item)
            takers, self._takers = self._takers, []
        _wake(takers)
        return True

    def finish(self, error: BaseException | None = None) -> None:
        """Say that nothing more comes. The consumer gets what is left, then ``error`` if given."""
        with self._lock:
            self._finished, self._error = True, error
            takers, self._takers = self._takers, []
        _wake(takers)

    def take(self) -> list[T]:
        """Return all items that are there; wait in this thread while there are none."""
        while (items := self._collect()) is None:
            event = threading.Event()
            if self._await_items(event.set):
                event.wait()
        return items

    async def atake(self) -> list[T]:
        """Return all items that are there; wait on the running loop while there are none."""
        while (items := self._collect()) is None:
            future, wake = _waiter()
            if self._await_items(wake):
                await self._woken(future, wake)
        return items

    def __iter__(self) -> "Pipe[T]":
        return self

    def __next__(self) -> T:
        while not self._taken:
            if not (items := self.take()):
                raise StopIteration
            self._taken.extend(items)
        return self._taken.popleft()

    def __aiter__(self) -> "Pipe[T]":
        return self

    async def __anext__(self) -> T:
        while not self._taken:
            if not (items := await self.atake()):
                raise StopAsyncIteration
            self._taken.extend(items)
        return self._taken.popleft()

    def close(self) -> None:
        """Say that nothing more will be taken. Waiting producers and consumers wake up."""
        with self._lock:
            self._closed = True
            self._items.clear()
            waiting = self._putters + self._takers
            self._putters, self._takers = [], []
        _wake(waiting)

    def _collect(self) -> list[T] | None:
        with self._lock:
            if not self._items and not self._closed:
                if not self._finished:
                    return None
                if self._error is not None:
                    raise self._error
            items = list(self._items)
            self._items.clear()
            putters, self._putters = self._putters, []
        _wake(putters)
        return items

    def _await_room(self, wake: Wake) -> bool:
        """Note how to wake the producer; False if it need not wait after all."""
        with self._lock:
            if self._closed or len(self._items) < self._limit:
                return False
            self._putters.append(wake)
            return True

    def _await_items(self, wake: Wake) -> bool:
        with self._lock:
            if self._items or self._finished or self._closed:
                return False
            self._takers.append(wake)
            return True

    async def _woken(self, future: asyncio.Future[None], wake: Wake) -> None:
        try:
            await future
        except asyncio.CancelledError:  # of those that gave up nothing must pile up
            with self._lock:
                for waiting in (self._putters, self._takers):
                    if wake in waiting:
                        waiting.remove(wake)
            raise


def fill(pipe: Pipe[T], items: Iterable[T]) -> None:
    """Put ``items``, whose iterator blocks, into ``pipe`` from a thread of its own.

    A generator is closed, and its database connections with it, when the pipe is.
    """

    def run() -> None:
        error: BaseException | None = None
        take_connections()
        try:
            for item in items:
                pipe.put(item)
        except PipeClosed:
            pass
        except BaseException as exc:  # it is the consumer's to handle
            error = exc
        finally:
            try:
                if isinstance(items, Generator):
                    items.close()
                drop_connections()
            finally:
                pipe.finish(error)

    in_context = contextvars.copy_context().run
    threading.Thread(target=in_context, args=(run,), name="grpc-pipe", daemon=True).start()


def _wake(waiting: list[Wake]) -> None:
    for wake in waiting:
        wake()


def _waiter() -> tuple[asyncio.Future[None], Wake]:
    """A future of the running loop, and a function that completes it from any thread."""
    loop = asyncio.get_running_loop()
    thread = threading.get_ident()
    future: asyncio.Future[None] = loop.create_future()

    def complete() -> None:
        if not future.done():
            future.set_result(None)

    def wake() -> None:
        if threading.get_ident() == thread:
            complete()
            return
        with suppress(RuntimeError):  # the loop is closed: nobody is left to wake
            loop.call_soon_threadsafe(complete)

    return future, wake
