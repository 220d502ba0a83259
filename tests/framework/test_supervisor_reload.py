"""``--workers``: SIGHUP puts new workers in the place of the old ones."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from django_socio_grpc.testing import Mode
from project import Program, Project, call
from supervised import PIDS, pids, supervised

from faults.load import Load
from faults.restarts import RELOADED, under_load

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="workers share a port as on Linux"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.make(tmp_path_factory.mktemp("project"))
    project.edit("plays/services.py", *PIDS)
    return project


@pytest.fixture
def project(made: Project, tmp_path: Path) -> Project:
    """A project that the test may edit."""
    return made.copied_to(tmp_path / "project")


def reload(program: Program) -> None:
    program.send(signal.SIGHUP)
    program.wait_for(RELOADED)


def test_no_call_is_lost_when_workers_are_replaced(project: Project, mode: Mode) -> None:
    with supervised(project, mode) as program:
        old = pids(program, 2)
        load = Load(
            target=program.target, method="/plays.PlayController/Say", in_flight=8, channels=4
        )
        tally = asyncio.run(under_load(load, lambda: reload(program), restarts=2, calls=2000))
        assert tally.calls >= 2000
        assert not tally.failed, str(tally)
        assert not old & pids(program, 2)
        program.send()
        assert program.ends() == 0


def test_new_code_serves_and_old_calls_finish(project: Project) -> None:
    with supervised(project, "aio") as program:
        with program.stub() as stub:
            unary = call(stub, "Sleep", seconds=1)
            assert stub.Say().text
            project.edit("plays/services.py", "str(os.getpid())", "'new ' * 2")
            reload(program)
            assert unary.result().text == "awake"
        for _ in range(5):
            with program.stub() as stub:
                assert stub.Say().text == "new new "
        program.send()
        assert program.ends() == 0


def test_broken_code_replaces_nobody(project: Project) -> None:
    with supervised(project, "aio") as program:
        old = pids(program, 2)
        project.edit("plays/services.py", "import itertools", "import nothing_like_it")
        program.send(signal.SIGHUP)
        assert "Nothing is reloaded: the workers that serve go on." in (
            program.wait_for("ended with exit code 78 before it listened.")
        )
        assert "No module named 'nothing_like_it'" in program.out
        assert pids(program, 2) == old
        project.edit("plays/services.py", "import nothing_like_it", "import itertools")
        reload(program)
        assert not old & pids(program, 2)
        program.send()
        assert program.ends() == 0
