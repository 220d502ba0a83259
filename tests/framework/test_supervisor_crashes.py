"""``--workers``: workers that end before they serve, and how often another one is tried."""

import os
import resource
import signal
import sys
import time
from pathlib import Path

import pytest
from django_socio_grpc.supervisor.backoff import FIRST, MOST, STEADY, Backoff
from project import Project
from supervised import PIDS, answering, pids, supervised

pytestmark = pytest.mark.timeout(300)
linux = pytest.mark.skipif(sys.platform != "linux", reason="workers share a port as on Linux")


@linux
def test_workers_that_do_not_start_are_given_up(tmp_path: Path) -> None:
    project = Project.make(tmp_path)
    project.edit(
        "handlers.py",
        "def grpc_handlers(server):\n",
        "def grpc_handlers(server):\n    import os; os._exit(3)\n",
    )
    done = project.run("grpcrunaioserver", "127.0.0.1:0", "--workers", "2")
    assert done.returncode == 1
    assert done.stdout.count("ended with exit code 3. Another one is started") == 4
    assert "Another one is started now." in done.stdout
    assert "Another one is started in 1 s." in done.stdout
    assert done.stdout.endswith(
        "CommandError: 5 workers in a row ended before they listened, the last one with exit "
        "code 3. The server ends.\n"
    )


@linux
def test_what_is_wrong_with_the_services_is_said_once(tmp_path: Path) -> None:
    project = Project.make(tmp_path)
    project.edit("plays/services.py", "def Say(", "def Tell(")
    done = project.run("grpcrunaioserver", "127.0.0.1:0", "--workers", "2")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "CommandError: plays.grpc.plays_pb2 is not what PlayService declares: it has no rpc "
        "'Tell'. Run: python manage.py generateproto",
        "CommandError: The server cannot start.",
    ]


@linux
def test_a_machine_without_room_for_a_worker_keeps_the_others(tmp_path: Path) -> None:
    project = Project.make(tmp_path)
    project.edit("plays/services.py", *PIDS)
    with supervised(project, "aio") as program:
        parent = program.process.pid
        first, second = sorted(pids(program, 2))
        limits = resource.prlimit(parent, resource.RLIMIT_NOFILE)
        resource.prlimit(parent, resource.RLIMIT_NOFILE, (3, limits[1]))
        os.kill(second, signal.SIGKILL)
        program.wait_for("cannot be started")
        program.send(signal.SIGHUP)
        program.wait_for("is not replaced")
        assert answering(program) == first
        resource.prlimit(parent, resource.RLIMIT_NOFILE, limits)
        assert first in pids(program, 2)


def test_crashes_in_a_row_wait_longer_each_time() -> None:
    backoff = Backoff()
    waits = [backoff.after_crash(1, None) for _ in range(12)]
    assert waits[:4] == [0, FIRST, 2 * FIRST, 4 * FIRST]
    assert waits[-1] == MOST
    assert backoff.after_crash(2, None) == 0, "each worker has a row of its own"
    assert backoff.after_crash(1, time.monotonic()) == MOST, "one that has just begun to serve"
    assert backoff.after_crash(1, time.monotonic() - STEADY) == 0
    assert backoff.after_crash(1, None) == FIRST
