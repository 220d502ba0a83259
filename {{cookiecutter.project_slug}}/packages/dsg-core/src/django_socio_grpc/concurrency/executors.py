"""Pools as ``concurrent.futures`` knows them."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

from django.db.models import QuerySet

from django_socio_grpc.concurrency.connections import (
    asks_postgresql,
    end_transactions,
    tend_connections,
)
from django_socio_grpc.concurrency.pace import Pace
from django_socio_grpc.concurrency.pool import Pool
from django_socio_grpc.concurrency.work import Work, run_for
from django_socio_grpc.concurrency.worker import WorkLoad

P = ParamSpec("P")
T = TypeVar("T")


class PoolExecutor(Executor):
    """At most ``size`` threads; if ``paced``, fewer while they compute.

    ``after`` is what a thread does between two jobs, ``loop`` the loop that they work for, if any.
    """

    def __init__(
        self,
        size: int,
        name: str,
        *,
        after: Callable[[], None] | None = end_transactions,
        paced: bool = False,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._pool = Pool[Future[Any]](
            name,
            size,
            Future.set_running_or_notify_cancel,
            _resolve,
            after=after,
            pace=Pace(size) if paced else None,
            loop=loop,
        )

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        self._pool.put(future, partial(fn, *args, **kwargs))
        return future

    def load(self) -> int:
        """How many functions run or wait for a thread."""
        return self._pool.load

    @property
    def workload(self) -> WorkLoad:
        """What the threads are at."""
        return self._pool.workload

    def away(self, is_away: bool) -> None:
        """This thread, one of the pool's, waits for a client, or does no more."""
        self._pool.away(is_away)

    def keep(self, threads: int) -> None:
        """Let so many threads stay however long they rest."""
        self._pool.kept = threads

    def stop(self, timeout: float = 5.0) -> None:
        """End the threads; wait ``timeout`` seconds at most."""
        self._pool.stop(timeout)


def _resolve(future: Future[Any], result: Any, error: BaseException | None) -> None:
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


class Job(Future[T]):
    """The future of a job of an async handler. To cancel it while it runs cancels its query.

    asyncio does that when whoever awaits the job is cancelled: with its call, or by a timeout.
    """

    def __init__(self) -> None:
        super().__init__()
        self.work = Work()

    def cancel(self) -> bool:
        cancelled = super().cancel()
        if not cancelled:
            self.work.stop()
        return cancelled


class JobExecutor(PoolExecutor):
    """A ``PoolExecutor`` for async handlers: what they stop waiting for is stopped."""

    def __init__(self, size: int, name: str, *, after: Callable[[], None] | None) -> None:
        super().__init__(size, name, after=after)
        self._stops = asks_postgresql()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        if not self._stops:
            return super().submit(fn, *args, **kwargs)
        job: Job[T] = Job()
        self._pool.put(job, partial(run_for, job.work, fn, *args, **kwargs))
        return job


class LoopExecutor(ThreadPoolExecutor):  # asyncio takes no other kind
    """The threads of ``asyncio.to_thread``.

    Around each function they drop the database connections that are broken or too old, as Django
    does around a request, and at their end the rest. A function that returns a slice of a
    queryset has it read, for on the loop nobody could.
    """

    def __init__(self) -> None:
        super().__init__()
        size = min(32, (os.cpu_count() or 1) + 4)
        self._pool = JobExecutor(size, "grpc-loop-thread", after=end_transactions)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return self._pool.submit(_with_tended_connections, fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._pool.stop(5.0 if wait else 0.0)


def _with_tended_connections(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    tend_connections()
    try:
        result = fn(*args, **kwargs)
        if isinstance(result, QuerySet) and result.query.is_sliced:
            len(result)  # it can only be read, and this is where that may wait for the database
        return result
    finally:
        tend_connections()
