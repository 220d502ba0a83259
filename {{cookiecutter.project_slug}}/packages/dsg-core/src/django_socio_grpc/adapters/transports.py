"""What the servers' own contexts tell of a call, as ``Context`` wants to know it."""

import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from django_socio_grpc.context import Metadata

logger = logging.getLogger("django_socio_grpc.request")

NO_DEADLINE = 1e9  # seconds: grpc.server tells of a deadline in the infinite future


def run_callback(callback: Callable[[], None]) -> None:
    """Run what a handler wants to be called at the end; its errors are for the log alone."""
    try:
        callback()
    except Exception:
        logger.exception("A callback for the end of a call failed.")


class AioTransport:
    """A ``grpc.aio.ServicerContext``."""

    __slots__ = ("_active", "_callbacks", "_servicer")

    def __init__(self, servicer: Any) -> None:
        self._servicer = servicer
        self._active = True
        self._callbacks: deque[Callable[[], None]] = deque()

    def end(self) -> None:
        """The call is answered or cancelled. A thread may still be at work for it."""
        self._active = False
        while self._callbacks:
            with suppress(IndexError):  # another thread was faster
                run_callback(self._callbacks.popleft())

    def invocation_metadata(self) -> Metadata:
        return self._servicer.invocation_metadata() or ()

    def peer(self) -> str:
        return self._servicer.peer()  # type: ignore[no-any-return]

    def auth_context(self) -> dict[str, Any]:
        return self._servicer.auth_context()  # type: ignore[no-any-return]

    def time_remaining(self) -> float | None:
        return self._servicer.time_remaining()  # type: ignore[no-any-return]

    def is_active(self) -> bool:
        return self._active

    def add_done_callback(self, callback: Callable[[], None]) -> None:
        self._callbacks.append(callback)
        if not self._active:  # it may have ended meanwhile, in another thread
            self.end()

    def set_trailing_metadata(self, metadata: Metadata) -> None:
        self._servicer.set_trailing_metadata(metadata)


class SyncTransport:
    """A ``grpc.ServicerContext``."""

    __slots__ = ("_servicer",)

    def __init__(self, servicer: Any) -> None:
        self._servicer = servicer

    def invocation_metadata(self) -> Metadata:
        return self._servicer.invocation_metadata() or ()

    def peer(self) -> str:
        return self._servicer.peer()  # type: ignore[no-any-return]

    def auth_context(self) -> dict[str, Any]:
        return self._servicer.auth_context()  # type: ignore[no-any-return]

    def time_remaining(self) -> float | None:
        seconds: float | None = self._servicer.time_remaining()
        return None if seconds is None or seconds > NO_DEADLINE else seconds

    def is_active(self) -> bool:
        return self._servicer.is_active()  # type: ignore[no-any-return]

    def add_done_callback(self, callback: Callable[[], None]) -> None:
        run = partial(run_callback, callback)
        if not self._servicer.add_callback(run):
            run()

    def set_trailing_metadata(self, metadata: Metadata) -> None:
        self._servicer.set_trailing_metadata(metadata)
