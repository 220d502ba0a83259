"""Threads that handlers run in."""

import asyncio
import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from time import monotonic
from typing import ParamSpec, TypeVar

from django.db import close_old_connections
from django.db.models import QuerySet

from django_socio_grpc.concurrency.connections import drop_connections, take_connections
from django_socio_grpc.concurrency.jobs import resolve
from django_socio_grpc.concurrency.waiting import enter_worker_thread

P = ParamSpec("P")
T = TypeVar("T")


class Pool:
    """At most ``size`` threads, started on demand, that run jobs in the order they come.

    A thread stays until ``stop``, and its database connection with it. It is a daemon: a job that
    never ends cannot keep the process alive. ``loop`` is the loop that the jobs work for, if any.
    """

    def __init__(
        self, size: int, name: str, loop: asyncio.AbstractEventLoop | None = None
    ) -> None:
        self._size = size
        self._name = name
        self._loop = loop
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._unfinished = 0
        self._threads: list[threading.Thread] = []
        self._stopped = False

    def put(self, job: Callable[[], None]) -> None:
        """Run ``job``, which must not raise, in a thread that is free, or in a new one.

        Raises:
            RuntimeError: the pool has been stopped.
        """
        with self._lock:
            if self._stopped:
                raise RuntimeError(f"The threads {self._name!r} have been stopped.")
            self._unfinished += 1
            if self._unfinished > len(self._threads) < self._size:
                self._start_thread()
            self._jobs.put(job)

    def stop(self, timeout: float) -> None:
        """End the threads, after the jobs that are queued; wait ``timeout`` seconds at most."""
        with self._lock:
            self._stopped = True
            threads, self._threads = self._threads, []
            for _ in threads:
                self._jobs.put(None)
        deadline = monotonic() + timeout
        for thread in threads:
            thread.join(max(0, deadline - monotonic()))

    def _start_thread(self) -> None:
        name = f"{self._name}-{len(self._threads)}"
        thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        if self._loop is not None:
            enter_worker_thread(self._loop)
        take_connections()
        try:
            while (job := self._jobs.get()) is not None:
                job()
                del job  # keep nothing of a call alive while waiting for the next
                with self._lock:
                    self._unfinished -= 1
        finally:
            drop_connections()


class PoolExecutor(Executor):
    """A pool as ``concurrent.futures`` knows it."""

    def __init__(self, size: int, name: str) -> None:
        self._pool = Pool(size, name)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        self._pool.put(partial(resolve, future, partial(fn, *args, **kwargs)))
        return future

    def stop(self, timeout: float = 5.0) -> None:
        """End the threads; wait ``timeout`` seconds at most."""
        self._pool.stop(timeout)


class LoopExecutor(ThreadPoolExecutor):  # asyncio takes no other kind
    """The threads of ``asyncio.to_thread``.

    Around each function they drop the database connections that are broken or too old, as Django
    does around a request, and at their end the rest. A function that returns a slice of a
    queryset has it read, for on the loop nobody could.
    """

    def __init__(self) -> None:
        super().__init__()
        self._pool = PoolExecutor(min(32, (os.cpu_count() or 1) + 4), "grpc-loop-thread")

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return self._pool.submit(_with_tended_connections, fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._pool.stop(5.0 if wait else 0.0)


def _with_tended_connections(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    close_old_connections()
    try:
        result = fn(*args, **kwargs)
        if isinstance(result, QuerySet) and result.query.is_sliced:
            len(result)  # it can only be read, and this is where that may wait for the database
        return result
    finally:
        close_old_connections()
