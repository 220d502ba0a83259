"""What the handlers of one server run on."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any, TypeAlias

import grpc.aio

from django_socio_grpc.adapters.admission import CountingRoom, QueuedRoom
from django_socio_grpc.adapters.callbacks import Leaving
from django_socio_grpc.adapters.door import AioDoor, SyncDoor
from django_socio_grpc.adapters.observers import Observer
from django_socio_grpc.adapters.transports import STALLED, ServicerTransport, SyncTransport
from django_socio_grpc.concurrency import (
    CallerThread,
    LoopThread,
    PoolExecutor,
    Slots,
    Threads,
    Timeouts,
)
from django_socio_grpc.settings import grpc_settings

CallTimeouts: TypeAlias = Timeouts[ServicerTransport]


class Runtime(ABC):
    """What is the same for both: who is told of calls, and what ends them.

    ``observers`` are there before services are registered.
    """

    def __init__(self, slots: Slots | None, observers: Sequence[Observer]) -> None:
        self.slots = slots
        self.observers = observers
        self.leaving = Leaving()
        self._deadlines: dict[float, CallTimeouts] = {}

    @cached_property
    def first_message(self) -> CallTimeouts | None:
        """The time that clients have to send the one message of a call."""
        seconds = grpc_settings.FIRST_MESSAGE_TIMEOUT
        return None if seconds is None else self._timeouts(seconds, ServicerTransport.give_up)

    def deadlines(self, seconds: float) -> CallTimeouts:
        """The time of calls that the server allows ``seconds``: the same for all of them."""
        if seconds not in self._deadlines:
            self._deadlines[seconds] = self._timeouts(seconds, ServicerTransport.expire)
        return self._deadlines[seconds]

    @abstractmethod
    def _timeouts(
        self, seconds: float, expire: Callable[[ServicerTransport], None]
    ) -> CallTimeouts: ...


class AioRuntime(Runtime):
    """Of a ``grpc.aio`` server: threads for sync handlers, slots for the ORM of async ones.

    Without them both use asgiref's thread-sensitive thread, which in a Django ``TestCase`` is
    the one that sees the test's rows. ``room`` is how many calls there may be.
    """

    def __init__(
        self,
        threads: Threads | None = None,
        slots: Slots | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        super().__init__(slots, observers)
        self.threads: Threads = threads or CallerThread()
        self.room = room = CountingRoom(grpc_settings.MAX_CONCURRENT_RPCS)
        self.door = AioDoor(lambda: room.calls)

    def _timeouts(
        self, seconds: float, expire: Callable[[ServicerTransport], None]
    ) -> CallTimeouts:
        return Timeouts(seconds, expire)


class SyncRuntime(Runtime):
    """Of a ``grpc.server``: a loop for async handlers, and a limit for open streams.

    A stream keeps one of the server's ``max_workers`` threads as long as it is open, so one
    thread at least is left for calls. ``pool`` has the threads, if it is ours; without it there is
    no limit of calls.
    """

    pool: PoolExecutor | None = None

    def __init__(
        self,
        slots: Slots | None = None,
        max_workers: int | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        super().__init__(slots, observers)
        self.room = QueuedRoom(grpc_settings.MAX_CONCURRENT_RPCS, self.load)
        self.door = SyncDoor(self.load)
        spare = (max_workers or grpc_settings.MAX_WORKERS) - 1
        self.streams = threading.Semaphore(min(grpc_settings.MAX_SYNC_STREAMS, max(1, spare)))

    def load(self) -> int:
        """How many calls have a thread or wait for one."""
        return 0 if self.pool is None else self.pool.load()

    def away(self, is_away: bool) -> None:
        """This thread waits for its client, or does no more."""
        if self.pool is not None:
            self.pool.away(is_away)

    @cached_property
    def loop(self) -> LoopThread:
        """Started when it is first asked for: by our server, or by an async handler."""
        return LoopThread()

    def stalled(self, transport: SyncTransport) -> None:
        """Its client has a moment to take a reply: the time of the call is over."""
        self._stalled.begin(transport)

    @cached_property
    def _stalled(self) -> Timeouts[SyncTransport]:
        return Timeouts(STALLED, SyncTransport.cut, self.loop.loop)

    def _timeouts(
        self, seconds: float, expire: Callable[[ServicerTransport], None]
    ) -> CallTimeouts:
        return Timeouts(seconds, expire, self.loop.loop)

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
