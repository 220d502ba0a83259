"""A PostgreSQL of the test's own, which it may stop and start."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

OWNER = "postgres"
ALIAS = "cluster"
SECONDS = 60


class Cluster:
    """Its ``folder`` has the data, the log and the socket; it listens on ``port`` of loopback."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries, self._folder = binaries, folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    def create(self) -> None:
        self._run("initdb", "--auth=trust", f"--username={OWNER}", "--no-sync")
        lines = ["fsync = off", "listen_addresses = '127.0.0.1'", f"port = {self.port}"]
        lines += [f"unix_socket_directories = '{self._folder}'", "max_connections = 40"]
        with (self._folder / "data" / "postgresql.conf").open("a") as config:
            config.write("\n".join(lines) + "\n")

    def start(self) -> None:
        self._run("pg_ctl", "start", "-w", "-s", f"--log={self._folder / 'log'}")

    def stop(self, how: str = "fast") -> None:
        self._run("pg_ctl", "stop", "-w", "-s", f"--mode={how}")

    def restart(self, how: str = "fast") -> None:
        self.stop(how)
        self.start()

    def _run(self, program: str, *args: str) -> None:
        # PostgreSQL refuses to run as root. Not by subprocess's own ``user``, which forks in
        # earnest: grpc's threads of this process are not to be met in a child.
        runs_as = ["runuser", "-u", OWNER, "--"] if os.getuid() == 0 else []
        subprocess.run(
            [*runs_as, self._binaries / program, f"--pgdata={self._folder / 'data'}", *args],
            check=True,
            timeout=SECONDS,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A cluster that is up; the test is skipped where PostgreSQL's programs are not found."""
    folder = Path(tempfile.mkdtemp(prefix="dsg-cluster-"))
    try:
        if os.getuid() == 0:
            shutil.chown(folder, OWNER)
        made = Cluster(_binaries(), folder)
        made.create()
        made.start()
        try:
            yield made
        finally:
            made.stop("immediate")
    finally:
        shutil.rmtree(folder)


@contextmanager
def database(made: Cluster, **entry: Any) -> Iterator[None]:
    """The cluster as the database ``ALIAS``, with ``entry`` in DATABASES."""
    connections.settings[ALIAS] = {
        **connections.settings["default"],
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "127.0.0.1",
        "PORT": str(made.port),
        "USER": OWNER,
        "NAME": "postgres",
        "OPTIONS": {},
        **entry,
    }
    try:
        yield
    finally:
        connections[ALIAS].close()
        connections[ALIAS].close_pool()  # type: ignore[attr-defined]
        del connections[ALIAS], connections.settings[ALIAS]


def _binaries() -> Path:
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    config = shutil.which("pg_config")
    if config is not None:
        command = [config, "--bindir"]
        folder = Path(
            subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        )
        if (folder / "initdb").exists():
            return folder
    pytest.skip("PostgreSQL's initdb is not on the PATH, and pg_config knows no folder with it")
