"""``--workers``: processes that share a port, from the first to the last signal."""

import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import grpc
import pytest
from django.core.management import CommandError, call_command
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from project import COMMANDS, Project, call
from supervised import PIDS, answering, children, is_alive, pids, supervised
from waiting import until

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="workers share a port as on Linux"),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.make(tmp_path_factory.mktemp("project"))
    project.edit("plays/services.py", *PIDS)
    return project


@pytest.fixture
def copy(project: Project, tmp_path: Path) -> Project:
    """A project that the test may edit."""
    return project.copied_to(tmp_path / "project")


def test_workers_share_a_port_and_end_with_the_first_signal(project: Project, mode: Mode) -> None:
    with supervised(project, mode) as program:
        workers = pids(program, 2)
        lines = program.out.splitlines()
        assert lines[0].startswith(f"gRPC {mode} server: django_socio_grpc ")
        assert "  plays.PlayController: BlockTheLoop, Count, Say, Sleep" in lines
        assert "Workers: 2" in lines
        with program.stub() as stub:
            unary = call(stub, "Sleep", seconds=1)
            stream = stub.Count(until=8)
            assert next(stream).text == "1"
            program.send(signal.SIGTERM if mode == "aio" else signal.SIGINT)
            assert [reply.text for reply in stream] == list("2345678")
            assert unary.result().text == "awake"
        assert program.ends(within=20) == 0
        assert not any(map(is_alive, workers))
    assert program.out.splitlines()[-2:] == ["Stopping: waiting for calls in flight.", "Stopped."]
    assert "Traceback" not in program.out


def test_a_worker_that_is_killed_is_replaced(project: Project) -> None:
    with supervised(project, "aio") as program:
        first, second = pids(program, 2)
        os.kill(first, signal.SIGKILL)
        assert f"(pid {first}) ended with signal SIGKILL. Another one is started now." in (
            program.wait_for("SIGKILL")
        )
        third = pids(program, 2) - {second}
        assert first not in third
        program.send()
        assert program.ends() == 0


def test_workers_end_when_their_parent_is_killed(project: Project, mode: Mode) -> None:
    with supervised(project, mode) as program:
        workers = pids(program, 2)
        with program.stub() as stub:
            unary = call(stub, "Sleep", seconds=1)
            assert stub.Say().text
            program.process.kill()
            assert unary.result().text == "awake", "calls in flight finish"
        until(lambda: not any(map(is_alive, workers)), "the end of the workers")


def test_the_second_signal_ends_all_at_once(project: Project) -> None:
    with supervised(project, "sync") as program, program.stub() as stub:
        workers = pids(program, 2)
        stuck = call(stub, "Sleep", seconds=60)
        assert stub.Say().text
        program.send()
        program.wait_for("Stopping")
        program.send()
        assert program.ends(within=10) == 143
        assert stuck.code() is StatusCode.UNAVAILABLE
        until(lambda: not any(map(is_alive, workers)), "the end of the workers")


def test_a_signal_to_all_processes_at_once_is_one_signal(project: Project, mode: Mode) -> None:
    """As systemd sends it, unless it is told otherwise: workers get their parent's as well."""
    with supervised(project, mode) as program, program.stub() as stub:
        workers = pids(program, 2)
        unary = call(stub, "Sleep", seconds=1)
        assert stub.Say().text
        program.send()
        program.wait_for("Stopping")
        for worker in workers:
            os.kill(worker, signal.SIGTERM)
        assert unary.result().text == "awake"
        assert program.ends(within=20) == 0


def test_options_reach_the_workers(project: Project) -> None:
    with supervised(project, "aio", "--grace", "0.5") as program, program.stub() as stub:
        stream = stub.Count(until=-1)
        assert next(stream).text == "1"
        program.send()
        with pytest.raises(grpc.RpcError) as caught:
            list(stream)
        assert caught.value.code() is StatusCode.UNAVAILABLE
        assert program.ends() == 0


def test_the_number_of_the_settings(copy: Project) -> None:
    copy.edit("settings.py", '"ENABLE_HEALTH', '"WORKERS": 3, "ENABLE_HEALTH')
    with copy.serve("aio") as program:
        assert len(pids(program, 3)) == 3
        program.send()
        assert program.ends() == 0
    with copy.serve("aio", "--workers", "1") as program:
        assert answering(program) == program.process.pid
        assert not children(program.process.pid)
        program.send()
        assert program.ends() == 0


def test_a_port_in_use_is_an_error(project: Project) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = project.run("grpcrunaioserver", address, "--workers", "2")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"CommandError: Cannot listen on {address}: it is in use. Stop what listens there, "
        "or give another port."
    ]


@pytest.mark.parametrize(
    ("args", "platform", "expected"),
    [
        (["--workers", "2", "--dev"], "linux", "Give one of the two; SIGHUP has workers take"),
        (["--workers", "2", "unix:/tmp/s"], "linux", "Workers share a port, and unix:/tmp/s has"),
        (["--workers", "2"], "darwin", "SO_REUSEPORT as Linux has it, and this is darwin. Give"),
        (["127.0.0.1:0", "--workers", "2"], "linux", "Run manage.py, not call_command(), or give"),
        (["--workers", "0"], "linux", "--workers: give a whole number above 0, not '0'"),
    ],
)
def test_what_workers_cannot_do(
    mode: Mode,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    args: list[str],
    platform: str,
    expected: str,
) -> None:
    settings.GRPC_FRAMEWORK = {"ROOT_HANDLERS_HOOK": lambda server: None}
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(CommandError) as caught:
        call_command(COMMANDS[mode], *args)
    assert expected in str(caught.value)
