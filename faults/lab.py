"""Where faults happen: real servers of the template's project, each a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from faults.server import PATIENCE, PROJECT, ROOT, Server

TEMPLATE = ROOT / "{{cookiecutter.project_slug}}"
PATHS = (TEMPLATE, TEMPLATE / "packages" / "dsg-core" / "src")
ADDRESS = "127.0.0.1:0"
COMMANDS = {"aio": "grpcrunaioserver", "sync": "grpcrunserver"}

Mode = Literal["aio", "sync"]
MODES: tuple[Mode, ...] = ("aio", "sync")
# Settings of the project, which a shell of a developer's may have too.
OURS = ("DATABASE_", "GRPC_", "FAULTY_", "DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "LOG_LEVEL")


class Absent(Exception):
    """A case cannot run here; the text says what is missing."""


@dataclass(slots=True)
class Lab:
    """Starts servers of one mode and ends them, and gives the cases what else they need.

    ``slack`` multiplies every limit of time: 1 where figures are wanted, more where the machine
    does other work at the same time.
    """

    mode: Mode
    slack: float = 1.0
    _stack: ExitStack = field(default_factory=ExitStack)
    _shared: Server | None = None
    _folder: Path = field(init=False)

    def __enter__(self) -> "Lab":
        folder = tempfile.TemporaryDirectory(prefix="faults-")
        self._folder = Path(self._stack.enter_context(folder))
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @property
    def server(self) -> Server:
        """The one that all cases share that leave it as it was, on SQLite."""
        if self._shared is None:
            self._shared = self._stack.enter_context(self.serve())
        return self._shared

    def then(self) -> str:
        """What another client meets now. A server that has ended is replaced by the next."""
        code = None if self._shared is None else self._shared.process.poll()
        if code is not None:
            self._shared = None
            return f"the server has ended with {code}"
        return self.server.serves()

    def folder(self) -> Path:
        """A new folder, gone with the lab."""
        return Path(tempfile.mkdtemp(dir=self._folder))

    @contextmanager
    def serve(
        self,
        *arguments: str,
        database: str = "",
        grpc_settings: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Iterator[Server]:
        """Run a server for the block.

        ``grpc_settings`` go over those of the project, ``environment`` over that of this process.
        """
        folder = self.folder()
        database = database or f"sqlite:///{folder}/db.sqlite3"
        env = _environment(database, grpc_settings or {}, environment or {})
        _manage(env, "migrate", "--verbosity", "0")
        log = folder / "log"
        with log.open("w") as sink:
            process = subprocess.Popen(
                [sys.executable, "manage.py", COMMANDS[self.mode], ADDRESS, *arguments],
                cwd=PROJECT,
                env=env,
                stdout=sink,
                stderr=sink,
            )
        try:
            yield Server(process, _listening(process, log), log, env)
        finally:
            _end(process)


def _environment(
    database: str, settings: Mapping[str, Any], more: Mapping[str, str]
) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {
        **kept,
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "faulty.settings",
        "FAULTY_GRPC": json.dumps(dict(settings)),
        "PYTHONPATH": os.pathsep.join(map(str, PATHS)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SECRET_KEY": "a key of no value, for faults only",
        **more,
    }


def _manage(env: Mapping[str, str], *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=env,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"manage.py {arguments[0]} failed: {done.stderr[-2000:]}")


def free_port() -> int:
    """A port that was free just now, for what cannot say which one it has taken."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listening(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """The address that the server has printed, once it has."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for line in log.read_text().splitlines():
            if line.startswith("Listening on "):
                return line.removeprefix("Listening on ").strip()
        if process.poll() is not None:
            raise RuntimeError(f"The server ended: {log.read_text()[-2000:]}")
        time.sleep(0.02)
    raise RuntimeError(f"No server after {PATIENCE} s: {log.read_text()[-2000:]}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGCONT)
    process.terminate()
    try:
        process.wait(3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
