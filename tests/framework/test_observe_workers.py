"""The metrics of several processes, at one port."""

import signal
import socket
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from django_socio_grpc.testing import Mode
from observed import Samples
from project import PATIENCE, Program, Project
from waiting import until

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="workers share a port on Linux alone"),
]
CALLS = 20
START = 90.0
"""Seconds for a second worker to listen, on a machine that does much else."""

STARTED = "grpc_server_started_total"
HANDLED = "grpc_server_handled_total"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.make(tmp_path_factory.mktemp("project"))
    project.edit("settings.py", '_CHECK": True', '_CHECK": True, "METRICS_PORT": 0')
    return project


def port_of(program: Program) -> int:
    (line,) = [each for each in program.out.splitlines() if each.startswith("Metrics on ")]
    assert line.startswith("Metrics on http://127.0.0.1:")
    return int(line.removesuffix("/metrics").rpartition(":")[2])


def call_often(program: Program) -> None:
    """Make calls by connections of their own, which fall to one worker or another."""
    for _ in range(CALLS // 5):
        with program.stub() as stub:
            for _ in range(5):
                assert stub.Say().text == "hello"


def workers(samples: Samples) -> set[str]:
    return {each["worker"] for each in samples.labels("python_info")}


def test_one_process_says_where_its_metrics_are(project: Project) -> None:
    with project.serve("sync") as program:
        call_often(program)
        samples = Samples(port_of(program))
        assert samples.value(HANDLED, grpc_method="Say", grpc_code="OK") == CALLS
        program.send()
        assert program.ends() == 0


def test_the_address_of_metrics_is_one_that_can_be_asked(tmp_path: Path) -> None:
    project = Project.make(tmp_path)
    project.edit(
        "settings.py", '_CHECK": True', '_CHECK": True, "METRICS_PORT": 0, "METRICS_HOST": "::1"'
    )
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
    with project.serve("aio") as program:
        (line,) = [each for each in program.out.splitlines() if each.startswith("Metrics on ")]
        with urlopen(line.removeprefix("Metrics on "), timeout=PATIENCE) as reply:
            assert b"grpc_server_started_total" in reply.read()
        program.send()
        assert program.ends() == 0


def test_all_workers_are_seen_at_the_port_of_their_parent(project: Project, mode: Mode) -> None:
    with project.serve(mode, "--workers", "2") as program:
        port = port_of(program)
        until(lambda: workers(Samples(port)) == {"1", "2"}, seconds=START)
        call_often(program)
        samples = Samples(port)
        assert sum(samples.values(HANDLED, grpc_method="Say", grpc_code="OK")) == CALLS
        assert sum(samples.values(STARTED, grpc_method="Say")) == CALLS
        answers = samples.values("grpc_server_worker_answers")
        assert answers == [1, 1]
        assert {each["worker"] for each in samples.labels("grpc_server_pool_limit")} == {"1", "2"}
        program.send()
        assert program.ends() == 0


def test_workers_that_are_replaced_keep_the_port(project: Project) -> None:
    with project.serve("aio", "--workers", "2") as program:
        port = port_of(program)
        until(lambda: workers(Samples(port)) == {"1", "2"}, seconds=START)
        program.send(signal.SIGHUP)
        program.wait_for("All workers are new.")
        assert workers(Samples(port)) == {"1", "2"}
        call_often(program)
        samples = Samples(port)
        assert sum(samples.values(HANDLED, grpc_method="Say", grpc_code="OK")) == CALLS
        program.send()
        assert program.ends() == 0
