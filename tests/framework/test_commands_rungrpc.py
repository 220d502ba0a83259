"""``manage.py rungrpc``: either server, with autoreload where DEBUG is on."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from project import Program, Project

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.make(tmp_path_factory.mktemp("project"))


@pytest.fixture
def copy(project: Project, tmp_path: Path) -> Project:
    """A project that the test may edit."""
    return project.copied_to(tmp_path / "project")


@pytest.mark.parametrize(
    ("args", "mode", "address"),
    [
        (["127.0.0.1:0"], "aio", "127.0.0.1:"),
        (["--host", "127.0.0.1", "--port", "0", "--sync"], "sync", "127.0.0.1:"),
        (["--host", "::1", "--port", "0", "--async"], "aio", "[::1]:"),
    ],
)
def test_serves_where_and_how_it_is_told(
    project: Project, args: list[str], mode: str, address: str
) -> None:
    with project.popen("rungrpc", *args) as process:
        try:
            program = Program(process, project.root)
            program.wait_until_it_serves()
            assert program.out.startswith(f"gRPC {mode} server: ")
            assert program.target.startswith(address)
            with program.stub() as stub:
                assert stub.Say().text == "hello"
            program.send()
            assert program.ends() == 0
            assert program.out.splitlines()[-1] == "Stopped."
        finally:
            process.kill()


def test_with_debug_it_restarts_when_the_code_changes(copy: Project) -> None:
    copy.edit("settings.py", 'SECRET_KEY = "test"', 'SECRET_KEY = "test"\nDEBUG = True')
    with copy.popen("rungrpc", "127.0.0.1:0", "--asyncio-debug") as process:
        try:
            program = Program(process, copy.root)
            program.wait_until_it_serves()
            assert "System check identified no issues" in program.out
            copy.edit("plays/services.py", 'WORD = "hello"', 'WORD = "good day"')
            assert program.wait_for("restarting") == "plays/services.py changed: restarting."
            program.wait_until_it_serves()
            with program.stub() as stub:
                assert stub.Say().text == "good day"
                assert stub.BlockTheLoop(seconds=0.3).text == "awake"
            assert "took 0." in program.wait_for("Executing")
            program.send()
            assert program.ends() == 0
        finally:
            process.kill()
    with copy.popen("rungrpc", "127.0.0.1:0", "--noreload") as process:
        try:
            program = Program(process, copy.root)
            program.wait_until_it_serves()
            assert "System check" not in program.out
            program.send()
            assert program.ends() == 0
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["50051", "--port", "50052"], "The address is given twice: 50051, and by --host or"),
        (["--host", "a b"], "'a b:50051' is not an address."),
        (["--sync", "--async"], "argument --async: not allowed with argument --sync"),
    ],
)
def test_wrong_arguments(settings: Any, args: list[str], expected: str) -> None:
    settings.GRPC_FRAMEWORK = {"ROOT_HANDLERS_HOOK": lambda server: None}
    with pytest.raises(CommandError) as caught:
        call_command("rungrpc", *args)
    assert expected in str(caught.value)
