"""A worker, as its parent sees it."""

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import ExitStack

from django.utils import autoreload

from django_socio_grpc.supervisor.membership import ENVIRONMENT, Report

MARGIN = 2.0
"""Seconds beyond what a worker says it needs, until it is killed."""
TIME_TO_START_STOPPING = 5.0
"""The seconds of one that has not said anything."""


class Worker:
    """A process that runs this very command; ``report`` is None until it listens.

    It is in a process group of its own: what a terminal sends to all processes of a command,
    as by CONTROL-C, comes to the parent alone, which decides.

    Raises:
        OSError: this machine has no memory, no process or no file left for it.
    """

    def __init__(self, number: int, address: str) -> None:
        self.number = number
        self.report: Report | None = None
        self.listens_since: float | None = None
        self.begun = time.monotonic()
        self.must_end_by: float | None = None
        self._said = b""
        self._silent = False
        self.link, its_end = socket.socketpair()
        self.link.setblocking(False)
        with ExitStack() as failed, its_end:
            failed.callback(self.link.close)
            place = {"number": number, "address": address, "parent": its_end.fileno()}
            self._process = subprocess.Popen(
                autoreload.get_child_arguments(),
                env={**os.environ, ENVIRONMENT: json.dumps(place)},
                stdin=subprocess.DEVNULL,
                pass_fds=[its_end.fileno()],
                process_group=0,
            )
            failed.pop_all()

    def __str__(self) -> str:
        return f"worker {self.number} (pid {self._process.pid})"

    @property
    def is_silent(self) -> bool:
        """Whether it has said all that it ever says."""
        return self._silent

    @property
    def is_leaving(self) -> bool:
        """Whether it has been told to end."""
        return self.must_end_by is not None

    def hear(self) -> bool:
        """Take what it has said; return whether it has just said that it listens."""
        if self._silent:
            return False
        try:
            said = self.link.recv(65536)
        except BlockingIOError:
            return False
        except OSError:  # it has ended, and not in peace
            said = b""
        self._said += said
        heard = self._said.endswith(b"\n")
        self._silent = heard or not said
        if heard:
            self.report = Report.decode(self._said)
            self.listens_since = time.monotonic()
        return heard

    def exit_code(self) -> int | None:
        """How it has ended, or None while it runs; minus the number of a signal that ended it."""
        return self._process.poll()

    def leave(self, number: int) -> None:
        """Ask it by the signal ``number`` to finish its calls and to end."""
        if self.is_leaving:
            return
        # Before it serves, Python's own handler of SIGINT would show a traceback.
        self._process.send_signal(signal.SIGTERM if self.report is None else number)
        seconds = TIME_TO_START_STOPPING if self.report is None else self.report.time_to_stop
        self.must_end_by = time.monotonic() + seconds + MARGIN

    def kill(self) -> None:
        self._process.kill()

    def close(self) -> None:
        """Forget it, once it has ended."""
        self.link.close()


def described(code: int) -> str:
    """How a process has ended, by the ``exit_code`` of it, in words."""
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
