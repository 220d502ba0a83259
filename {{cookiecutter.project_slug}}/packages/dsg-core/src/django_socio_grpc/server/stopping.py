"""How signals end the process of a server."""

import faulthandler
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)
HANGUP: signal.Signals | None = getattr(signal, "SIGHUP", None)
"""The terminal is gone; to a worker, another one has taken its place. Windows has none."""


@contextmanager
def stop_signals(
    stop: Callable[[int], None], limit: float, *, again: bool = True
) -> Iterator[None]:
    """Within this block the first signal calls ``stop(number)``; the second ends the process.

    Without ``again`` the second does nothing: what is sent to all processes at once, as by
    systemd, comes to a worker twice, and its parent ends it if that is what is asked for.

    From the first one on the block has ``limit`` seconds to end. What is not over then is stuck
    in code that nothing can cancel: the process shows where each thread is, and ends with 1.

    Raises:
        ValueError: this is not the main thread, the one that Python hands signals to.
    """
    received: list[int] = []

    def receive(number: int, frame: FrameType | None) -> None:
        if received:
            if again:
                # Not the default action, which the first process of a container does not have.
                os._exit(128 + number)
            return
        received.append(number)
        faulthandler.dump_traceback_later(limit, exit=True, file=sys.__stderr__ or 2)
        stop(number)

    numbers = list(SIGNALS)
    if HANGUP is not None and signal.getsignal(HANGUP) is not signal.SIG_IGN:  # as by nohup
        numbers.append(HANGUP)
    before = {number: signal.signal(number, receive) for number in numbers}
    try:
        yield
    finally:
        if received:
            faulthandler.cancel_dump_traceback_later()
        for number, handler in before.items():
            signal.signal(number, handler)
