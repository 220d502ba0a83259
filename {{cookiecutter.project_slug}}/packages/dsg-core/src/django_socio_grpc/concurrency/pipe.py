"""A bounded hand-over between one producer and one consumer, each in a thread or on a loop."""

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator
from contextlib import suppress
from typing import Generic, TypeVar

from django.db import connections

T = TypeVar("T")


class PipeClosed(Exception):
    """The other end is gone: nobody will take what the producer still has."""


class Pipe(Generic[T]):
    """Carries items in order and holds at most ``limit`` of them (back-pressure).

    The producer calls ``put`` in a thread or ``aput`` on a loop, then ``finish``.
    The consumer calls ``take`` in a thread or ``atake`` on a loop; each returns all that is there,
    so that a fast producer costs one wake-up for many items, and ``[]`` at the end. A consumer
    that stops early calls ``close``, and the producer's next ``put`` raises PipeClosed.
    """

    __slots__ = (
        "_closed",
        "_consumer",
        "_error",
        "_finished",
        "_items",
        "_limit",
        "_lock",
        "_producer",
    )

    def __init__(self, limit: int = 16) -> None:
        self._limit = limit
        self._items: deque[T] = deque()
        self._lock = threading.Lock()
        self._finished = False
        self._closed = False
        self._error: BaseException | None = None
        self._producer: Callable[[], None] | None = None  # wakes it, while it waits
        self._consumer: Callable[[], None] | None = None

    def put(self, item: T) -> None:
        """Hand ``item`` over; wait in this thread while the pipe is full."""
        while not self._offer(item):
            event = threading.Event()
            if self._await_room(event.set):
                event.wait()

    async def aput(self, item: T) -> None:
        """Hand ``item`` over; wait on the running loop while the pipe is full."""
        while not self._offer(item):
            future, wake = _waiter()
            if self._await_room(wake):
                await future

    def finish(self, error: BaseException | None = None) -> None:
        """Say that nothing more comes. The consumer gets what is left, then ``error`` if given."""
        with self._lock:
            self._finished, self._error = True, error
            wake, self._consumer = self._consumer, None
        if wake is not None:
            wake()

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
                await future
        return items

    def __iter__(self) -> Iterator[T]:
        while items := self.take():
            yield from items

    async def __aiter__(self) -> AsyncIterator[T]:
        while items := await self.atake():
            for item in items:
                yield item

    def close(self) -> None:
        """Say that nothing more will be taken. A waiting producer and consumer both wake up."""
        with self._lock:
            self._closed = True
            self._items.clear()
            wakes = (self._producer, self._consumer)
            self._producer = self._consumer = None
        for wake in wakes:
            if wake is not None:
                wake()

    def _offer(self, item: T) -> bool:
        with self._lock:
            if self._closed:
                raise PipeClosed
            if len(self._items) >= self._limit:
                return False
            self._items.append(item)
            wake, self._consumer = self._consumer, None
        if wake is not None:
            wake()
        return True

    def _collect(self) -> list[T] | None:
        with self._lock:
            if not self._items and not self._closed:
                if not self._finished:
                    return None
                if self._error is not None:
                    raise self._error
            items = list(self._items)
            self._items.clear()
            wake, self._producer = self._producer, None
        if wake is not None:
            wake()
        return items

    def _await_room(self, wake: Callable[[], None]) -> bool:
        """Note how to wake the producer; False if it need not wait after all."""
        with self._lock:
            if self._closed or len(self._items) < self._limit:
                return False
            self._producer = wake
            return True

    def _await_items(self, wake: Callable[[], None]) -> bool:
        with self._lock:
            if self._items or self._finished or self._closed:
                return False
            self._consumer = wake
            return True


def fill(pipe: Pipe[T], items: Iterable[T]) -> None:
    """Put ``items``, whose iterator blocks, into ``pipe`` from a thread of its own.

    A generator is closed, and its database connections with it, when the pipe is.
    """

    def run() -> None:
        error: BaseException | None = None
        try:
            for item in items:
                pipe.put(item)
        except PipeClosed:
            pass
        except BaseException as exc:  # it is the consumer's to handle
            error = exc
        finally:
            if isinstance(items, Generator):
                items.close()
            connections.close_all()
            pipe.finish(error)

    in_context = contextvars.copy_context().run
    threading.Thread(target=in_context, args=(run,), name="grpc-pipe", daemon=True).start()


def _waiter() -> tuple[asyncio.Future[None], Callable[[], None]]:
    """A future of the running loop, and a function that completes it from any thread."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()

    def complete() -> None:
        if not future.done():
            future.set_result(None)

    def wake() -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody is left to wake
            loop.call_soon_threadsafe(complete)

    return future, wake
