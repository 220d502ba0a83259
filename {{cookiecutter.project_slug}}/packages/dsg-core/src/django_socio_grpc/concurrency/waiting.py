"""How a sync function waits for an awaitable, in a thread that works for a loop."""

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, Future
from functools import partial
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import SyncToAsync, ThreadSensitiveContext, async_to_sync
from django.db import close_old_connections

from django_socio_grpc.concurrency.jobs import resolve

P = ParamSpec("P")
T = TypeVar("T")

_thread = threading.local()


def enter_worker_thread(loop: asyncio.AbstractEventLoop) -> None:
    """Note the loop that this thread works for."""
    _thread.loop = loop


def await_from_thread(awaitable: Awaitable[T]) -> T:
    """Wait in this thread for an awaitable that runs on the loop which the thread works for.

    The sync functions that the awaitable calls, its ORM queries among them, run in this thread,
    which has nothing else to do: on its database connection and in its transaction.

    In a thread that works for no loop, asgiref finds or makes one, to the same effect.
    """
    loop = getattr(_thread, "loop", None)
    if loop is None:
        return async_to_sync(_wait)(awaitable)
    thread = WaitingThread()
    return thread.run_until(asyncio.run_coroutine_threadsafe(_wait_with(thread, awaitable), loop))


def settled(value: Awaitable[T] | T) -> T:
    """Return ``value``, or what it will be, for an async function may stand for a sync one."""
    return await_from_thread(value) if inspect.isawaitable(value) else value


async def _wait(awaitable: Awaitable[T]) -> T:
    return await awaitable


async def _wait_with(executor: Executor, awaitable: Awaitable[T]) -> T:
    # Entered and never left: see Slots.enter.
    await ThreadSensitiveContext(executor=executor).__aenter__()  # type: ignore[no-untyped-call]
    return await awaitable


class WaitingThread(Executor):
    """The current thread, while it waits for a future."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._done = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        with self._lock:
            if not self._done:
                self._jobs.put(partial(resolve, future, partial(fn, *args, **kwargs)))
                return future
        # A task that outlives the wait has asgiref's own thread, as it would without us.
        late = SyncToAsync.single_thread_executor
        late.submit(close_old_connections)
        return late.submit(fn, *args, **kwargs)

    def run_until(self, future: Future[T]) -> T:
        """Run jobs until ``future`` is done and return its result."""
        future.add_done_callback(self._end)
        while (job := self._jobs.get()) is not None:
            job()
        return future.result()

    def _end(self, _: Future[Any]) -> None:
        with self._lock:
            self._done = True
            self._jobs.put(None)
