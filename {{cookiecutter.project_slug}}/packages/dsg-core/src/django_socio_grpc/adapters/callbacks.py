"""What handlers want to be called at an end: of their call, or of the server."""

import logging
from collections.abc import Callable
from functools import partial

logger = logging.getLogger("django_socio_grpc.request")


def run_callback(callback: Callable[[], None]) -> None:
    """Run what a handler wants to be called at the end; its errors are for the log alone."""
    try:
        callback()
    except Exception:
        logger.exception("A callback for the end of a call failed.")


class Leaving:
    """Calls back, once, when the server begins to stop; at once if it has begun."""

    def __init__(self) -> None:
        self._callbacks: dict[object, Callable[[], None]] = {}
        self.begun = False

    def add(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback()`` when the server begins to stop; the result takes that back."""
        token = object()
        self._callbacks[token] = callback
        if self.begun:
            self._call(token)
        return partial(self._forget, token)

    def begin(self) -> None:
        """The server takes no new calls."""
        self.begun = True
        for token in tuple(self._callbacks):
            self._call(token)

    def _forget(self, token: object) -> None:
        self._callbacks.pop(token, None)

    def _call(self, token: object) -> None:
        callback = self._callbacks.pop(token, None)
        if callback is not None:
            run_callback(callback)
