"""What a thread is at work for, so that its query can be cancelled when nobody waits any more."""

import logging
import threading
from collections.abc import Callable
from time import sleep
from typing import Any, ParamSpec, Protocol, TypeVar

from django_socio_grpc.concurrency.pool import Pool

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger("django_socio_grpc.internal")

CANCELLERS = 8
"""Threads that cancel queries, at most. A cancellation takes a connection of its own."""

RETRIES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds until a query that goes on is cancelled once more. The first cancellation may have come
before the query was sent, and the database takes that for nothing."""


class Work:
    """One call of a sync handler, or one job of an async one, that somebody waits for.

    It is told once that nobody waits any more: its query is cancelled, or else the next one is
    refused, unless it ``hears`` of the end by other means. What it queries after that, to clean
    up, is left alone.
    """

    __slots__ = ("_cancel", "_hears", "_lock", "_told", "stopped")

    def __init__(self, *, hears: bool = False) -> None:
        self.stopped = False
        self._hears = hears
        self._told = False
        self._cancel: Callable[[], None] | None = None
        self._lock = threading.Lock()  # a query is not over while it is being cancelled

    def stop(self) -> None:
        """Nobody waits any more. May be called from any thread, and does not wait."""
        self.stopped = True
        if self._cancel is not None:
            _cancellers.put(self, self._interrupt)

    def begin(self, cancel: Callable[[], None]) -> bool:
        """A query begins, which another thread may ``cancel``; return False to refuse it."""
        if self._told:
            return True
        self._cancel = cancel
        if not self.stopped:  # looked at last: either this or ``stop`` sees the other's mark
            return True
        self.end()
        self._told = True
        return self._hears

    def end(self) -> None:
        """The query is over. From here on its connection is not touched."""
        with self._lock:
            self._cancel = None

    def tell(self) -> None:
        """The query has failed because it was cancelled."""
        self._told = True

    def _interrupt(self) -> None:
        cancel = self._cancel
        for delay in RETRIES:
            with self._lock:
                if self._cancel is None or self._cancel is not cancel:
                    return
                cancel()
            sleep(delay)


class Waited(Protocol):
    """A call that tells when it is over."""

    def add_done_callback(self, callback: Callable[[], None], /) -> None: ...


class _Thread(threading.local):
    work: Work | None = None
    call: Waited | None = None
    hears = False


_thread = _Thread()


def begin_call(call: Waited, *, hears: bool) -> None:
    """This thread serves ``call`` from now on, with a handler that ``hears`` when it is over.

    That costs next to nothing: the call is asked to tell of its end when it first queries.
    """
    _thread.call = call
    _thread.work = None  # of a stream before, perhaps, which another thread has closed
    _thread.hears = hears


def end_call(call: Waited) -> None:
    """This thread has served ``call``."""
    if _thread.call is call:
        _thread.call = _thread.work = None


def current_work() -> Work | None:
    """Return what this thread is at work for, if anybody waits for it."""
    work = _thread.work
    if work is None and (call := _thread.call) is not None:
        work = _thread.work = Work(hears=_thread.hears)
        call.add_done_callback(work.stop)
    return work


def run_for(work: Work, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``function``, which is all that there is to ``work``."""
    before = _thread.work
    _thread.work = work
    try:
        return function(*args, **kwargs)
    finally:
        _thread.work = before


def _wanted(work: Work) -> bool:
    return work.stopped


def _note(work: Any, result: Any, error: BaseException | None) -> None:
    if error is not None:
        logger.warning("A query could not be cancelled: %s", error)


_cancellers = Pool[Work]("grpc-cancel", CANCELLERS, _wanted, _note)
