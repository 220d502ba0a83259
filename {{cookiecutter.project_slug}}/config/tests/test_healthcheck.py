"""The containers' health check, against a server and against none."""

import socket
import subprocess
import sys
from pathlib import Path

from django_socio_grpc.testing import RunningServer

PROJECT = Path(__file__).parents[2]


def healthcheck(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "config.healthcheck", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )


def test_a_server_is_healthy(grpc_server: RunningServer) -> None:
    result = healthcheck(grpc_server.target)
    assert (result.returncode, result.stdout) == (0, "SERVING\n")


def test_services_and_the_process_are_healthy_too(grpc_server: RunningServer) -> None:
    for service in (*grpc_server.server.services, "liveness"):
        assert healthcheck(grpc_server.target, service).stdout == "SERVING\n"
    result = healthcheck(grpc_server.target, "nothing")
    assert (result.returncode, result.stdout) == (1, "NOT_FOUND\n")


def test_no_server_is_not() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        result = healthcheck(f"127.0.0.1:{free.getsockname()[1]}")
    assert (result.returncode, result.stdout) == (1, "UNAVAILABLE\n")


def test_more_than_it_knows_is_one_line() -> None:
    result = healthcheck("localhost:1", "liveness", "more")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("error: give HOST:PORT and SERVICE at most")
    assert result.stderr.count("\n") == 1
