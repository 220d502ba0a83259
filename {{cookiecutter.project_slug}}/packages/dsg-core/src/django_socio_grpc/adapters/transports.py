"""What the servers' own contexts tell of a call, as ``Context`` wants to know it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from grpc import Compression

from django_socio_grpc.adapters.callbacks import Leaving, run_callback
from django_socio_grpc.context import Metadata

NO_DEADLINE = 1e9  # seconds: grpc.server tells of a deadline in the infinite future


class ServicerTransport(ABC):
    """What is the same for both: all that the server's own context says as it is wanted."""

    __slots__ = ("_leaving", "_servicer")

    def __init__(self, servicer: Any, leaving: Leaving) -> None:
        self._servicer = servicer
        self._leaving = leaving

    @abstractmethod
    def time_remaining(self) -> float | None: ...
    @abstractmethod
    def is_active(self) -> bool: ...
    @abstractmethod
    def add_done_callback(self, callback: Callable[[], None]) -> None: ...

    def add_stop_callback(self, callback: Callable[[], None]) -> None:
        self.add_done_callback(self._leaving.add(callback))

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

    __slots__ = ("_active", "_callbacks")

    def __init__(self, servicer: Any, leaving: Leaving) -> None:
        super().__init__(servicer, leaving)
        self._active = True
        self._callbacks: list[Callable[[], None]] = []

    def end(self) -> None:
        """The call is answered or cancelled. A thread may still be at work for it."""
        self._active = False
        while self._callbacks:
            with suppress(IndexError):  # another thread was faster
                run_callback(self._callbacks.pop(0))

    def time_remaining(self) -> float | None:
        return self._servicer.time_remaining()  # type: ignore[no-any-return]

    def is_active(self) -> bool:
        return self._active

    def add_done_callback(self, callback: Callable[[], None]) -> None:
        self._callbacks.append(callback)
        if not self._active:  # it may have ended meanwhile, in another thread
            self.end()


class SyncTransport(ServicerTransport):
    """A ``grpc.ServicerContext``."""

    __slots__ = ()

    def time_remaining(self) -> float | None:
        seconds: float | None = self._servicer.time_remaining()
        return None if seconds is None or seconds > NO_DEADLINE else seconds

    def is_active(self) -> bool:
        return self._servicer.is_active()  # type: ignore[no-any-return]

    def add_done_callback(self, callback: Callable[[], None]) -> None:
        run = partial(run_callback, callback)
        if not self._servicer.add_callback(run):
            run()
