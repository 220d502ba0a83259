"""What the handlers of one server run on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any

import grpc.aio

from django_socio_grpc.adapters.callbacks import Leaving
from django_socio_grpc.concurrency import CallerThread, LoopThread, Slots, Threads
from django_socio_grpc.settings import grpc_settings


class AioRuntime:
    """Of a ``grpc.aio`` server: threads for sync handlers, slots for the ORM of async ones.

    Without them both use asgiref's thread-sensitive thread, which in a Django ``TestCase`` is
    the one that sees the test's rows.
    """

    def __init__(self, threads: Threads | None = None, slots: Slots | None = None) -> None:
        self.threads: Threads = threads or CallerThread()
        self.slots = slots
        self.leaving = Leaving()


class SyncRuntime:
    """Of a ``grpc.server``: a loop for async handlers, and a limit for open streams.

    A stream keeps one of the server's ``max_workers`` threads as long as it is open, so one
    thread at least is left for calls.
    """

    def __init__(self, slots: Slots | None = None, max_workers: int | None = None) -> None:
        self.slots = slots
        self.leaving = Leaving()
        room = (max_workers or grpc_settings.MAX_WORKERS) - 1
        self.streams = threading.Semaphore(min(grpc_settings.MAX_SYNC_STREAMS, max(1, room)))

    @cached_property
    def loop(self) -> LoopThread:
        """Started when it is first asked for: by our server, or by an async handler."""
        return LoopThread()

    @property
    def has_loop(self) -> bool:
        return "loop" in self.__dict__

    def stop(self, timeout: float = 5.0) -> None:
        """End the loop, if it was started, and the slots; each has ``timeout`` seconds."""
        if self.has_loop:
            self.loop.stop(timeout)
        if self.slots is not None:
            self.slots.stop(timeout)


_current: ContextVar[AioRuntime | SyncRuntime | None] = ContextVar("runtime", default=None)


@contextmanager
def registering(runtime: AioRuntime | SyncRuntime) -> Iterator[None]:
    """Within this block services are registered for ``runtime``."""
    token = _current.set(runtime)
    try:
        yield
    finally:
        _current.reset(token)


def runtime_of(server: Any) -> AioRuntime | SyncRuntime:
    """The runtime that services are registered for now, or a new one for ``server``.

    The latter if somebody built the server by hand: its own class says what runs on it.
    """
    runtime = _current.get()
    if runtime is None:
        runtime = AioRuntime() if isinstance(server, grpc.aio.Server) else SyncRuntime()
    return runtime


def current() -> AioRuntime | SyncRuntime:
    """The runtime that services are registered for now.

    Outside of ``registering``, for a server that somebody built by hand, it is a new one of the
    mode in ``GRPC_ASYNC``.
    """
    runtime = _current.get()
    if runtime is None:
        runtime = AioRuntime() if grpc_settings.GRPC_ASYNC else SyncRuntime()
    return runtime
