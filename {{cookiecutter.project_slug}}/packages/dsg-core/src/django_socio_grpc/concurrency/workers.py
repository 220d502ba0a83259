"""The threads in which an aio server runs sync handlers."""

import asyncio
import contextvars
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any, Protocol, TypeVar

from django_socio_grpc.concurrency.colour import blocking
from django_socio_grpc.concurrency.connections import end_transactions
from django_socio_grpc.concurrency.executors import LoopExecutor
from django_socio_grpc.concurrency.pace import Pace
from django_socio_grpc.concurrency.pool import Pool
from django_socio_grpc.concurrency.worker import WorkLoad
from django_socio_grpc.exceptions import ResourceExhausted

T = TypeVar("T")


class Threads(Protocol):
    """Runs sync functions for a loop. ``hops`` counts the jobs handed to a thread so far."""

    hops: int

    def run(self, function: Callable[..., T], *args: Any) -> Awaitable[T]:
        """Run a short job: a unary call."""

    async def run_stream(self, function: Callable[..., T], *args: Any) -> T:
        """Run a job whose length the client decides: a call with a stream on either side."""


class CallerThread:
    """Runs every job in asgiref's thread-sensitive thread.

    For tests: that thread is the one of an async Django ``TestCase``, so a handler sees the
    rows of the test's open transaction.
    """

    def __init__(self) -> None:
        self.hops = 0

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        self.hops += 1
        return await blocking(function, *args)

    run_stream = run


class Workers:
    """At most ``max_workers`` threads for calls, and ``max_streams`` more for open streams.

    Results come back in batches: a worker wakes the loop only when no other has. Streams have
    threads of their own, so that they can never starve the calls. The functions that async
    handlers give to ``asyncio.to_thread`` have a third kind.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, max_workers: int = 10, max_streams: int = 64
    ) -> None:
        self.hops = 0
        self.max_streams = max_streams
        self.open_streams = 0
        self._loop = loop
        self._calls = Pool[asyncio.Future[Any]](
            "grpc-worker",
            max_workers,
            _wanted,
            self._deliver,
            after=end_transactions,
            pace=Pace(max_workers),
            loop=loop,
        )
        self._streams = Pool[asyncio.Future[Any]](
            "grpc-stream",
            max_streams,
            _wanted,
            self._deliver,
            after=end_transactions,
            loop=loop,
        )
        self._results: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._waking = False
        loop.set_default_executor(LoopExecutor())

    @property
    def workloads(self) -> Mapping[str, WorkLoad]:
        """What the threads of either kind are at."""
        return {"calls": self._calls.workload, "streams": self._streams.workload}

    def run(self, function: Callable[..., T], *args: Any) -> Awaitable[T]:
        return self._submit(self._calls, function, args)

    async def run_stream(self, function: Callable[..., T], *args: Any) -> T:
        """As ``run``, in a thread for streams.

        Raises:
            ResourceExhausted: ``max_streams`` are open.
        """
        if self.open_streams >= self.max_streams:
            raise ResourceExhausted(
                f"{self.max_streams} streams of sync handlers are open, which is the limit. "
                "Try again when one has ended."
            )
        self.open_streams += 1
        future = self._submit(self._streams, function, args)
        future.add_done_callback(self._stream_ended)
        # The thread is free when its job ends, which may be long after the call was cancelled.
        return await asyncio.shield(future)

    def stop(self, timeout: float = 5.0) -> None:
        """End the threads; wait ``timeout`` seconds at most."""
        deadline = monotonic() + timeout
        self._calls.stop(timeout)
        self._streams.stop(max(0, deadline - monotonic()))

    def _submit(
        self,
        pool: Pool[asyncio.Future[Any]],
        function: Callable[..., T],
        args: tuple[Any, ...],
    ) -> asyncio.Future[T]:
        self.hops += 1
        future: asyncio.Future[T] = self._loop.create_future()
        pool.put(future, partial(contextvars.copy_context().run, function, *args))
        return future

    def _stream_ended(self, future: asyncio.Future[Any]) -> None:
        self.open_streams -= 1
        if not future.cancelled():
            future.exception()  # retrieved, even if the call that waited for it is gone

    def _deliver(
        self, future: asyncio.Future[Any], result: Any, error: BaseException | None
    ) -> None:
        self._results.append((future, result, error))
        # Not locked, on purpose: a stale False costs a second wake-up, and True is set back
        # before the results are read, so none is left behind.
        if not self._waking:
            self._waking = True
            with suppress(RuntimeError):  # the loop is closed: nobody is left to wake
                self._loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        self._waking = False
        while self._results:
            future, result, error = self._results.popleft()
            if future.cancelled():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)


def _wanted(future: asyncio.Future[Any]) -> bool:
    return not future.cancelled()
