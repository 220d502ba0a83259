"""A server under test, and what can be asked of it."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty

from faults.project.faulty.grpc import faulty_pb2 as pb
from faults.stubs import SAMPLES, Stub

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "faults" / "project"
PATIENCE = 60.0
"""Seconds for a server to start, or to end where a case does not say how many it has."""


@dataclass(slots=True)
class Server:
    """A running server: its process, the address it listens on, its output so far in ``log``."""

    process: "subprocess.Popen[bytes]"
    target: str
    log: Path
    environment: Mapping[str, str]

    @property
    def pid(self) -> int:
        return self.process.pid

    def channel(self, *options: tuple[str, Any]) -> grpc.Channel:
        """A connection of its own: channels of equal options would share one."""
        own = ("grpc.use_local_subchannel_pool", 1)
        return grpc.insecure_channel(self.target, options=[own, *options])

    @contextmanager
    def calls(self, *options: tuple[str, Any]) -> Iterator[Stub]:
        with self.channel(*options) as channel:
            yield Stub(channel)

    @contextmanager
    def samples(self) -> Iterator[Stub]:
        with self.channel() as channel:
            yield Stub(channel, SAMPLES)

    def serves(self, seconds: float = 20) -> str:
        """What another client meets, on a connection of its own: OK, or the status."""
        with self.calls() as calls:
            try:
                reply = calls.Echo(
                    pb.CallEchoRequest(text="still there"), timeout=seconds, wait_for_ready=True
                )
            except grpc.RpcError as error:
                return str(error.code().name)
        return "OK" if reply.text == "still there" else f"another reply: {reply.text[:40]!r}"

    def state(self) -> dict[str, int]:
        """What the server counts of itself; see ``faulty/state.py``."""
        with self.calls() as calls:
            reply = calls.State(Empty(), timeout=PATIENCE)
        return dict(json.loads(reply.text))

    def count(self, what: str) -> int:
        return self.state().get(what, 0)

    def memory(self) -> float:
        """MiB that the process holds."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError(f"/proc/{self.pid}/status has no VmRSS.")

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def send(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def ends(self, seconds: float = PATIENCE) -> int | None:
        """Its exit code, or None if it has not ended within ``seconds``."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def program(self, code: str) -> str:
        """Run ``code`` in the server's project, on its database, and return what it prints."""
        command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", code]
        env = dict(self.environment)
        done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"A program of the project failed: {done.stderr[-2000:]}")
        return done.stdout
