"""What a worker knows of its parent, and tells it."""

import json
import os
import signal
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

ENVIRONMENT = "DJANGO_SOCIO_GRPC_WORKER"
"""The variable by which a parent tells its child that it is a worker, and which."""

WRONG_CONFIGURATION = 78
"""The exit code of a worker whose settings or services are wrong: to try again is no use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a worker says when it listens: how long it may take to stop, and what it serves.

    ``metrics_port`` is where, on this machine, it shows its metrics, if it does.
    """

    time_to_stop: float
    lines: Sequence[str]
    metrics_port: int | None = None

    def encode(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def decode(cls, line: bytes) -> "Report":
        return cls(**json.loads(line))


@dataclass(slots=True, kw_only=True)
class Membership:
    """Of the process that is worker ``number``, and serves at ``address``."""

    number: int
    address: str
    _parent: socket.socket = field(repr=False)
    _leaving: bool = False

    def listens(self, report: Report) -> None:
        """Tell the parent that calls are taken; a parent that is gone is told nothing."""
        try:
            self._parent.sendall(report.encode())
        except OSError:
            return  # the end of the connection is what _follow waits for

    def leaves(self) -> None:
        """The process stops: the end of the parent is no second reason to."""
        self._leaving = True

    def _follow(self) -> None:
        """Stop this process when the parent is gone, however that came."""
        with suppress(OSError):
            self._parent.recv(1)  # it says nothing: what comes is the end
        if not self._leaving:
            os.kill(os.getpid(), signal.SIGHUP)


def membership() -> Membership | None:
    """Return what this process is a worker of, or None if it is none. For one call only."""
    # Taken away, so that no other program that this one starts is held for a worker.
    text = os.environ.pop(ENVIRONMENT, None)
    if text is None:
        return None
    place: dict[str, Any] = json.loads(text)
    os.set_inheritable(place["parent"], False)
    # A parent under nohup has passed on that it ignores the signal.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    member = Membership(
        number=place["number"],
        address=place["address"],
        _parent=socket.socket(fileno=place["parent"]),
    )
    threading.Thread(target=member._follow, name="grpc-parent", daemon=True).start()
    return member
