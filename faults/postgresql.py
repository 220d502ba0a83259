"""PostgreSQL servers that a case may break: clusters of its own in a temporary folder."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from faults.lab import Absent, free_port

FOLDERS = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew")
PATIENCE = 60
"""Seconds for a cluster to start or to stop."""
USER = "postgres"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster in ``folder`` that listens on ``port`` of this machine, when it runs."""

    programs: Path
    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{USER}"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off -k {self.folder}"
        self._control("start", "-o", options, "-l", str(self.folder / "log"))

    def stop(self) -> None:
        """End it at once: sessions are cut, as when its machine goes away."""
        self._control("stop", "-m", "immediate")

    def restart(self) -> None:
        """As an operator does it: sessions are ended, and what they did not commit is gone."""
        self._control("stop", "-m", "fast")
        self.start()

    def ask(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()

    def active(self, text: str) -> int:
        """How many queries with ``text`` in them run."""
        query = f"""
            SELECT count(*) FROM pg_stat_activity
            WHERE state = 'active' AND query LIKE '%{text}%' AND pid <> pg_backend_pid()
        """
        ((count,),) = self.ask(query)
        return int(str(count))

    def sessions(self) -> int:
        """How many connections clients have, this one not counted."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        ((count,),) = self.ask(query)
        return int(str(count)) - 1

    def _control(self, *arguments: str) -> None:
        command = [self.programs / "pg_ctl", "-D", self.folder / "data", "-w", *arguments]
        _run(*map(str, command))


@contextmanager
def cluster(**settings: int) -> Iterator[Cluster]:
    """A running cluster, with these settings, for the block.

    Raises:
        Absent: PostgreSQL is not on this machine.
    """
    programs = _programs()
    # Not in the lab's folder: the server runs as a user who may not look into that.
    folder = Path(tempfile.mkdtemp(prefix="faults-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, USER)
        options = ["-D", str(folder / "data"), "-U", USER, "-A", "trust", "--no-sync"]
        _run(str(programs / "initdb"), *options)
        with (folder / "data" / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())
        running = Cluster(programs, folder, free_port())
        running.start()
        try:
            yield running
        finally:
            with suppress(RuntimeError):  # a case may have stopped it
                running.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = [path for folder in FOLDERS for path in Path(folder).glob("**/bin/initdb")]
    if (on_path := shutil.which("initdb")) is not None:
        found.append(Path(on_path))
    if not found:
        raise Absent("no PostgreSQL (initdb) on this machine")
    return sorted(found)[-1].parent


def _as_user(*command: str) -> list[str]:
    # PostgreSQL refuses to run as root.
    return ["runuser", "-u", USER, "--", *command] if os.geteuid() == 0 else list(command)


def _run(*command: str) -> None:
    # Its output goes to a file: a server that pg_ctl starts would keep a pipe open.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            _as_user(*command),
            stdout=output,
            stderr=output,
            timeout=PATIENCE,
            check=False,
            cwd="/",
        )
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{command[0]} failed: {output.read().decode()[-1000:]}")
