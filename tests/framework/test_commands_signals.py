"""What each signal has a server do, and SHUTDOWN_DELAY."""

import signal
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from django_socio_grpc.testing import Mode
from grpc_health.v1 import health_pb2, health_pb2_grpc
from project import Program, Project, call

pytestmark = pytest.mark.timeout(240)
DELAY = 3.0


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.make(tmp_path_factory.mktemp("project"))
    project.edit("settings.py", '"ENABLE_HEALTH', f'"SHUTDOWN_DELAY": {DELAY}, "ENABLE_HEALTH')
    return project


def health(program: Program) -> str:
    with grpc.insecure_channel(program.target) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        status = stub.Check(health_pb2.HealthCheckRequest(), timeout=20).status
    return health_pb2.HealthCheckResponse.ServingStatus.Name(status)


def test_after_sigterm_calls_are_taken_while_balancers_hear_of_it(
    project: Project, mode: Mode
) -> None:
    with project.serve(mode) as program:
        assert health(program) == "SERVING"
        began = time.monotonic()
        program.send(signal.SIGTERM)
        program.wait_for("Stopping")
        deadline = began + DELAY
        while health(program) == "SERVING":
            assert time.monotonic() < deadline
        with program.stub() as stub:
            assert stub.Say().text == "hello"
        assert program.ends() == 0
        assert time.monotonic() - began >= DELAY


@pytest.mark.parametrize(
    ("mode", "number"), [("aio", signal.SIGINT), ("aio", signal.SIGHUP), ("sync", signal.SIGHUP)]
)
def test_other_signals_do_not_wait_for_balancers(
    project: Project, mode: Mode, number: signal.Signals
) -> None:
    with project.serve(mode) as program, program.stub() as stub:
        unary = call(stub, "Sleep", seconds=0.5)
        assert stub.Say().text == "hello"
        program.send(number)
        assert unary.result().text == "awake"
        assert program.ends() == 0
        assert program.out.splitlines()[-1] == "Stopped."


def test_the_second_signal_does_not_wait_for_the_delay(project: Project, tmp_path: Path) -> None:
    with project.serve("sync") as program:
        program.send()
        program.wait_for("Stopping")
        program.send()
        assert program.ends() == 143  # and not 0, as after the delay
