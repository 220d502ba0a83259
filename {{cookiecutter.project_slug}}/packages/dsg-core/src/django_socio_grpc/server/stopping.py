"""How SIGTERM and SIGINT end the process of a server."""

import faulthandler
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stop_signals(stop: Callable[[], None], limit: float) -> Iterator[None]:
    """Within this block the first signal calls ``stop``, and the second ends the process at once.

    From the first one on the block has ``limit`` seconds to end. What is not over then is stuck
    in code that nothing can cancel: the process shows where each thread is, and ends with 1.

    Raises:
        ValueError: this is not the main thread, the one that Python hands signals to.
    """
    received: list[int] = []

    def receive(number: int, frame: FrameType | None) -> None:
        if received:
            # Not the default action, which the first process of a container does not have.
            os._exit(128 + number)
        received.append(number)
        faulthandler.dump_traceback_later(limit, exit=True, file=sys.__stderr__ or 2)
        stop()

    before = {number: signal.signal(number, receive) for number in SIGNALS}
    try:
        yield
    finally:
        if received:
            faulthandler.cancel_dump_traceback_later()
        for number, handler in before.items():
            signal.signal(number, handler)
