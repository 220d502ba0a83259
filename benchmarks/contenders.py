"""Who takes part, and how each server is started, watched and stopped."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
PROJECT = Path(__file__).resolve().parent / "project"
FRAMEWORK = ROOT / "{{cookiecutter.project_slug}}" / "packages" / "dsg-core" / "src"
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 60.0
LOOK = 0.002
"""Seconds between two looks whether a server takes connections."""

NO_BYTE_CODE = "PYTHONDONTWRITEBYTECODE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One server. ``command`` runs in the benchmark's project; ``{port}`` stands for the port."""

    name: str
    title: str
    python: Path
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def serve(self, database: str) -> Iterator["Server"]:
        """Run the server for the block, on a free port, over ``database``, a URL."""
        port = _free_port()
        command = [str(self.python), *(part.format(port=port) for part in self.command)]
        log = BUILD / f"{self.name}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                command, cwd=PROJECT, env=self.env(database), stdout=output, stderr=output
            )
        try:
            _wait(process, port, log)
            yield Server(process.pid, f"127.0.0.1:{port}")
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def env(self, database: str) -> dict[str, str]:
        """The environment of the server, which keeps byte code as one in production does."""
        own = {name: value for name, value in os.environ.items() if name != NO_BYTE_CODE}
        return {**own, "DATABASE_URL": database, **self.environment}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its process and its address."""

    pid: int
    target: str

    def cpu(self) -> float:
        """Seconds of CPU that the process has used so far, in its own code and in the kernel."""
        numbers = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(numbers[11]) + int(numbers[12])) / TICKS

    def memory(self) -> int:
        """Bytes of memory that the process holds."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError(f"/proc/{self.pid}/status has no VmRSS.")


OURS = {"PYTHONPATH": str(FRAMEWORK)}
PYTHON = BUILD / "ours" / "bin" / "python"
CONTENDERS = {
    contender.name: contender
    for contender in (
        Contender(
            name="raw",
            title="grpc.aio by hand",
            python=PYTHON,
            command=("raw.py", "{port}"),
            environment=OURS,
        ),
        Contender(
            name="peer",
            title="the public package",
            python=BUILD / "peer" / "bin" / "python",
            command=("manage.py", "grpcrunaioserver", "127.0.0.1:{port}"),
        ),
        Contender(
            name="ours",
            title="dsg-core, aio",
            python=PYTHON,
            command=("manage.py", "grpcrunaioserver", "127.0.0.1:{port}"),
            environment=OURS,
        ),
        Contender(
            name="ours-sync",
            title="dsg-core, sync",
            python=PYTHON,
            command=("manage.py", "grpcrunserver", "127.0.0.1:{port}"),
            environment={**OURS, "BENCH_SYNC": "1"},
        ),
    )
}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Return when the server takes connections; it may answer them a moment later.

    The future of ``grpc.channel_ready_future`` is no help: it looks five times a second.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(LOOK)
    else:
        raise RuntimeError(f"No server after {PATIENCE} s. Its output is in {log}.")
    if process.poll() is not None:
        raise RuntimeError(f"The server ended: {log.read_text()[-2000:]}")
