"""What the servers' own contexts tell of a call, as ``Context`` wants to know it."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import suppress
from time import monotonic
from typing import Any

import grpc
from grpc import Compression, StatusCode

from django_socio_grpc.adapters.callbacks import Leaving, run_callback
from django_socio_grpc.adapters.channel import SyncRequests
from django_socio_grpc.adapters.left import Left
from django_socio_grpc.adapters.observers import Ended
from django_socio_grpc.context import Metadata
from django_socio_grpc.exceptions import Abort, Cancelled

NO_DEADLINE = 1e9  # seconds: grpc.server tells of a deadline in the infinite future

STALLED = 5.0
"""Seconds from the end of a call's time until a client that takes nothing loses what it gets."""


class ServicerTransport(ABC):
    """What is the same for both. ``failure`` is why the server itself has ended the call."""

    __slots__ = ("_callbacks", "_ends_at", "_leaving", "_servicer", "failure", "finish")

    def __init__(self, servicer: Any, leaving: Leaving) -> None:
        self._servicer = servicer
        self._leaving = leaving
        self._callbacks: list[Callable[[], None]] = []
        self._ends_at: float | None = None
        self.failure: Exception | None = None
        self.finish: Ended | None = None

    @abstractmethod
    def is_active(self) -> bool: ...
    @abstractmethod
    def add_done_callback(self, callback: Callable[[], None]) -> None: ...
    @abstractmethod
    def interrupt(self) -> None:
        """Have the call end with ``failure``, as soon as its handler can be stopped."""

    # What the server adds to the client's own deadline

    def allow(self, seconds: float) -> None:
        """The call has so many seconds from now on."""
        self._ends_at = monotonic() + seconds

    def expire(self) -> None:
        """The time that the server allows is over."""
        self._fail("The time that the server allows for this call is over.")

    def give_up(self) -> None:
        """The client has sent no message in time."""
        self._fail("The call takes a message, and none has come in time.")

    def end_with(self, failure: Exception) -> None:
        """End the call with the status of ``failure``; from any thread. The first one counts."""
        if self.failure is None:
            self.failure = failure
            self.interrupt()

    def _fail(self, details: str) -> None:
        if self.failure is None:
            self.failure = Abort(StatusCode.DEADLINE_EXCEEDED, details)
            self.interrupt()

    def time_remaining(self) -> float | None:
        seconds: float | None = self._servicer.time_remaining()
        if seconds is not None and seconds > NO_DEADLINE:
            seconds = None
        if self._ends_at is None:
            return seconds
        allowed = max(0.0, self._ends_at - monotonic())
        return allowed if seconds is None else min(seconds, allowed)

    def check_time(self) -> None:
        """Raise if the call came too late, or has waited too long: nobody wants it any more."""
        seconds = self.time_remaining()
        if seconds is not None and seconds <= 0:
            raise Abort(StatusCode.DEADLINE_EXCEEDED, "The deadline of the call has passed.")

    # The end

    def end(self) -> None:
        """Call back who waits for the end of the call. A thread may still be at work for it."""
        while self._callbacks:
            with suppress(IndexError):  # another thread was faster
                run_callback(self._callbacks.pop(0))

    def close(self) -> None:
        """The call is answered, or nobody waits for it."""
        self.end()

    def lost_as(self) -> StatusCode:
        """The status of a call that ended without ours: it took too long, or was cancelled."""
        seconds = self.time_remaining()
        late = seconds is not None and seconds <= 0
        return StatusCode.DEADLINE_EXCEEDED if late else StatusCode.CANCELLED

    def is_draining(self) -> bool:
        return self._leaving.begun

    def add_stop_callback(self, callback: Callable[[], None]) -> None:
        self.add_done_callback(self._leaving.add(callback))

    # As it is

    def invocation_metadata(self) -> Metadata:
        return self._servicer.invocation_metadata() or ()

    def peer(self) -> str:
        return self._servicer.peer()  # type: ignore[no-any-return]

    def auth_context(self) -> dict[str, Any]:
        return self._servicer.auth_context()  # type: ignore[no-any-return]

    def peer_identities(self) -> Iterable[bytes] | None:
        return self._servicer.peer_identities()  # type: ignore[no-any-return]

    def peer_identity_key(self) -> str | None:
        return self._servicer.peer_identity_key()  # type: ignore[no-any-return]

    def trailing_metadata(self) -> Metadata:
        return self._servicer.trailing_metadata() or ()

    def set_trailing_metadata(self, metadata: Metadata) -> None:
        self._servicer.set_trailing_metadata(metadata)

    def set_compression(self, compression: Compression) -> None:
        self._servicer.set_compression(compression)

    def disable_next_message_compression(self) -> None:
        self._servicer.disable_next_message_compression()


class AioTransport(ServicerTransport):
    """A ``grpc.aio.ServicerContext``."""

    __slots__ = ("_active", "_task", "compressed")

    def __init__(self, servicer: Any, leaving: Leaving) -> None:
        super().__init__(servicer, leaving)
        self._active = True
        self._task = asyncio.current_task()
        self.compressed = False

    def interrupt(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def end_with(self, failure: Exception) -> None:
        task = self._task  # the call may end meanwhile, in its own thread
        if self.failure is None and task is not None:
            self.failure = failure
            with suppress(RuntimeError):  # the loop is closed: the call has ended
                task.get_loop().call_soon_threadsafe(self.interrupt)

    def set_compression(self, compression: Compression) -> None:
        super().set_compression(compression)
        self.compressed = True

    def is_cancelled(self) -> bool:
        """Whether the call's task is cancelled, and not just for ``failure``."""
        if self._task is None or not self._task.cancelling():
            return False
        return self.failure is None or bool(self._task.uncancel())

    def end(self) -> None:
        self._active = False
        super().end()

    def close(self) -> None:
        """Let go of the task, whose context knows the call: no ring waits to be collected."""
        self.end()
        self._task = None

    def is_active(self) -> bool:
        return self._active

    def add_done_callback(self, callback: Callable[[], None]) -> None:
        self._callbacks.append(callback)
        if not self._active:  # it may have ended meanwhile, in another thread
            self.end()


class SyncTransport(ServicerTransport):
    """A ``grpc.ServicerContext``.

    Nothing stops a thread. When the server ends a call, the handler is told by its callbacks, and
    by ``is_active``; the status is sent when it returns. ``reads`` and ``sends`` tell that it may
    be waiting for the client, from which only the cancellation of the whole call frees it: one
    that sends has a moment more, for its client may take what it gets. ``stalled(transport)`` sees
    to that.
    """

    __slots__ = ("reads", "requests", "sends", "stalled")

    def __init__(self, servicer: Any, leaving: Leaving, *, reads: bool = False) -> None:
        super().__init__(servicer, leaving)
        self.reads = reads
        self.requests: SyncRequests | None = None
        self.sends = False
        self.stalled: Callable[[SyncTransport], None] | None = None

    def send_initial_metadata(self, metadata: Metadata) -> None:
        try:
            self._servicer.send_initial_metadata(metadata)
        except grpc.RpcError:  # the client is gone
            raise Cancelled from None

    def close(self) -> None:
        """Let go of what is grpc's of the call as well.

        Whoever keeps the context, as a log record does, would keep that, and to ``grpc.server``
        such a call is one that its client has open: from a hundred on it refuses the
        connection's next one.
        """
        super().close()
        self.reads = self.sends = False
        self._servicer = Left(self.invocation_metadata())
        if self.requests is not None:
            self.requests.close()

    def interrupt(self) -> None:
        if self.reads:
            self._servicer.cancel()
        elif self.sends and self.stalled is not None:
            self.stalled(self)
        self.end()

    def cut(self) -> None:
        """The client has had its moment."""
        if self.sends:
            self._servicer.cancel()

    def is_active(self) -> bool:
        return self.failure is None and self._servicer.is_active()

    def add_done_callback(self, callback: Callable[[], None]) -> None:
        first = not self._callbacks
        self._callbacks.append(callback)
        over = first and not self._servicer.add_callback(self.end)
        if over or self.failure is not None:
            self.end()
