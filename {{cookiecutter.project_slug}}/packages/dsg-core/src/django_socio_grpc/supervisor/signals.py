"""Signals, as something that can be waited for together with sockets."""

import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType


class Inbox:
    """Gets the signals that come; ``socket`` can be read when there are some."""

    def __init__(self, receiver: socket.socket) -> None:
        self.socket = receiver

    def take(self) -> Sequence[int]:
        """Return the numbers of the signals since the last time, in order."""
        try:
            return list(self.socket.recv(4096))
        except BlockingIOError:
            return []


@contextmanager
def received(numbers: Sequence[int]) -> Iterator[Inbox]:
    """Within this block signals of these ``numbers`` go to the inbox, and do nothing else.

    Raises:
        ValueError: this is not the main thread, the one that Python hands signals to.
    """
    receiver, sender = socket.socketpair()
    with receiver, sender:
        receiver.setblocking(False)
        sender.setblocking(False)
        woken = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
        before = {number: signal.signal(number, _nothing) for number in numbers}
        try:
            yield Inbox(receiver)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(woken)


def _nothing(number: int, frame: FrameType | None) -> None:
    """Python writes the number to the wakeup descriptor only of a signal with a handler."""
