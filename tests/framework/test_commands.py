"""``manage.py grpcrunserver`` and ``grpcrunaioserver``: what they print, and how they end."""

import signal
import socket
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from declared import code_of
from django.core.management import CommandError, call_command
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from project import COMMANDS, Project, call
from waiting import until

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.make(tmp_path_factory.mktemp("project"))


@pytest.fixture
def copy(project: Project, tmp_path: Path) -> Project:
    """A project that the test may edit."""
    return project.copied_to(tmp_path / "project")


@pytest.mark.parametrize(("mode", "number"), [("aio", signal.SIGTERM), ("sync", signal.SIGINT)])
def test_says_what_it_serves_and_ends_cleanly(
    project: Project, mode: Mode, number: signal.Signals
) -> None:
    with project.serve(mode) as program:
        with program.stub() as stub:
            assert stub.Say().text == "hello"
        program.send(number)
        assert program.ends() == 0
    lines = program.out.splitlines()
    assert lines[0].startswith(f"gRPC {mode} server: django_socio_grpc ")
    assert "  plays.PlayController: BlockTheLoop, Count, Say, Sleep" in lines
    assert lines[-2:] == [
        "Stopping: waiting for calls in flight (up to 25 s).",
        "Stopped.",
    ]
    assert "Traceback" not in program.out


def late(program: Any) -> StatusCode:
    """What becomes of a call over a new connection."""
    with program.stub() as stub:
        return code_of(stub.Say)


def test_calls_in_flight_finish_and_no_new_one_is_taken(project: Project, mode: Mode) -> None:
    with project.serve(mode) as program, program.stub() as stub:
        unary = call(stub, "Sleep", seconds=4)
        stream = stub.Count(until=30)
        assert next(stream).text == "1"
        program.send()
        assert next(stream).text == "2"
        # For a moment it still takes calls, so that none is lost.
        until(lambda: late(program) is StatusCode.UNAVAILABLE)
        assert not unary.done()
        assert [reply.text for reply in stream] == [str(number) for number in range(3, 31)]
        assert unary.result().text == "awake"
        assert program.ends() == 0
        assert program.out.endswith("Stopped.\n")


def test_an_endless_stream_is_cut_when_the_grace_ends(project: Project, mode: Mode) -> None:
    with project.serve(mode, "--grace", "0.5") as program, program.stub() as stub:
        stream = stub.Count(until=-1)
        assert next(stream).text == "1"
        began = time.monotonic()
        program.send()
        with pytest.raises(grpc.RpcError) as caught:
            list(stream)
        assert 0.4 < time.monotonic() - began < 2
        assert caught.value.code() is StatusCode.UNAVAILABLE
        assert program.ends(within=3) == 0
        assert program.out.endswith("Stopped.\n")


def test_a_stuck_sync_handler_does_not_outlive_the_grace(project: Project, mode: Mode) -> None:
    with project.serve(mode, "--grace", "0.3") as program, program.stub() as stub:
        stuck = call(stub, "Sleep", seconds=60)
        assert stub.Say().text == "hello"
        program.send()
        assert program.ends(within=4) == 0
        assert stuck.code() is StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("mode", "number", "code"), [("aio", signal.SIGINT, 130), ("sync", signal.SIGTERM, 143)]
)
def test_the_second_signal_ends_it_at_once(
    project: Project, mode: Mode, number: signal.Signals, code: int
) -> None:
    with project.serve(mode) as program, program.stub() as stub:
        stuck = call(stub, "Sleep", seconds=60)
        assert stub.Say().text == "hello"
        program.send(number)
        time.sleep(0.3)
        assert program.process.poll() is None  # it waits for the call
        program.send(number)
        assert program.ends(within=1) == code
        assert stuck.code() is StatusCode.UNAVAILABLE


def test_the_second_signal_ends_a_blocked_loop(project: Project) -> None:
    with project.serve("aio") as program, program.stub() as stub:
        stuck = call(stub, "BlockTheLoop", seconds=60)
        time.sleep(0.5)
        program.send()
        time.sleep(0.2)
        program.send()
        assert program.ends(within=1) == 143
        assert stuck.code() is StatusCode.UNAVAILABLE


def test_a_port_in_use_is_one_line(project: Project, mode: Mode) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = project.run(COMMANDS[mode], address)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"CommandError: Cannot listen on {address}: it is in use. Stop what listens there, "
        "or give another port."
    ]


def test_a_stale_contract_is_one_line(copy: Project) -> None:
    copy.edit("plays/services.py", "def Say(", "def Tell(")
    done = copy.run("grpcrunaioserver", "127.0.0.1:0")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "CommandError: plays.grpc.plays_pb2 is not what PlayService declares: it has no rpc "
        "'Tell'. Run: python manage.py generateproto"
    ]


@pytest.mark.parametrize(
    ("file", "line", "expected"),
    [
        (
            "plays/services.py",
            "import nothing_like_it",
            "plays/services.py:1: ModuleNotFoundError: No module named 'nothing_like_it' in "
            "'import nothing_like_it'. Install nothing_like_it, or correct the import.",
        ),
        (
            "plays/services.py",
            "def broken(:",
            "plays/services.py:1: SyntaxError: invalid syntax in 'def broken(:'. Correct that "
            "line; --traceback shows how it was reached.",
        ),
        (
            "plays/services.py",
            "1 / 0",
            "plays/services.py:1: ZeroDivisionError: division by zero in '1 / 0'. Correct that "
            "line; --traceback shows how it was reached.",
        ),
        (
            "plays/services.py",
            "from plays.grpc import other_pb2",
            "in 'from plays.grpc import other_pb2'. Run: python manage.py generateproto",
        ),
        (
            "plays/services.py",
            "from plays.grpc.plays_pb2 import PlayTellRequest",
            "in 'from plays.grpc.plays_pb2 import PlayTellRequest'. Run: python manage.py "
            "generateproto",
        ),
        (
            "handlers.py",
            "import json.nothing",
            "handlers.py:1: ModuleNotFoundError: No module named 'json.nothing'",
        ),
    ],
)
def test_handlers_that_do_not_import_are_one_line(
    copy: Project, mode: Mode, file: str, line: str, expected: str
) -> None:
    path = copy.root / file
    path.write_text(f"{line}\n{path.read_text()}")
    done = copy.run(COMMANDS[mode], "127.0.0.1:0")
    assert done.returncode == 1
    (said,) = done.stdout.splitlines()
    assert said.startswith(
        "CommandError: ROOT_URLCONF says that 'handlers.grpc_handlers' registers the services, "
        "but handlers does not import: "
    )
    assert expected in said
    assert "Correct the setting" not in said
    assert "Traceback" in copy.run(COMMANDS[mode], "127.0.0.1:0", "--traceback").stdout


def test_a_hook_that_raises_keeps_its_traceback(copy: Project) -> None:
    copy.edit(
        "handlers.py", "def grpc_handlers(server):\n", "def grpc_handlers(server):\n    1 / 0\n"
    )
    done = copy.run("grpcrunserver", "127.0.0.1:0")
    assert done.returncode == 1
    assert "    1 / 0\n" in done.stdout
    assert done.stdout.endswith(
        "ZeroDivisionError: division by zero\n"
        "Raised while handlers.grpc_handlers registered the services.\n"
    )


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["127.0.0.1:http"], "'127.0.0.1:http' is not an address."),
        (["no-such-host.invalid:50051"], "'no-such-host.invalid' is no name of this machine"),
        (["192.0.2.77:50051"], "it is no address of this machine"),
        (["--max-workers", "0"], "--max-workers: give a whole number above 0, not '0'"),
        (["--max-workers", "ten"], "--max-workers: give a whole number above 0, not 'ten'"),
        (["--grace", "-1"], "--grace: give a number of seconds, 0 or more, not '-1'"),
        (["--grace", "nan"], "--grace: give a number of seconds, 0 or more, not 'nan'"),
        (["--grace", "soon"], "--grace: give a number of seconds, 0 or more, not 'soon'"),
    ],
)
def test_wrong_arguments(mode: Mode, settings: Any, args: list[str], expected: str) -> None:
    settings.GRPC_FRAMEWORK = {"ROOT_HANDLERS_HOOK": lambda server: None}
    with pytest.raises(CommandError) as caught:
        call_command(COMMANDS[mode], *args)
    assert expected in str(caught.value)


def test_an_unknown_setting_is_named(mode: Mode, settings: Any) -> None:
    settings.GRPC_FRAMEWORK = {"MAX_WORKER": 5}
    with pytest.raises(CommandError, match=r"\['MAX_WORKER'\]. Did you mean 'MAX_WORKERS'"):
        call_command(COMMANDS[mode], "127.0.0.1:0")


def test_dev_restarts_when_the_code_changes_whatever_stream_is_open(copy: Project) -> None:
    with copy.serve("sync", "--dev") as program:
        assert "System check identified no issues" in program.out
        with program.stub() as stub:
            stream = stub.Count(until=-1)
            assert next(stream).text == "1"
            copy.edit("plays/services.py", 'WORD = "hello"', 'WORD = "good day"')
            began = time.monotonic()
            assert program.wait_for("restarting") == "plays/services.py changed: restarting."
            program.wait_until_it_serves()
            assert time.monotonic() - began < 10  # and not the 25 seconds of the grace
            with pytest.raises(grpc.RpcError):
                list(stream)
        with program.stub() as stub:
            assert stub.Say().text == "good day"
        program.send()
        assert program.ends(within=4) == 0
        assert program.out.splitlines()[-1] == "Stopped."
        with program.stub() as stub, pytest.raises(grpc.RpcError) as caught:
            stub.Say()
        assert caught.value.code() is StatusCode.UNAVAILABLE


def test_dev_shows_an_error_and_goes_on_when_it_is_mended(copy: Project) -> None:
    with copy.serve("aio", "--dev") as program:
        copy.edit("settings.py", "from pathlib", "fro pathlib")
        assert program.wait_for("SyntaxError") == "SyntaxError: invalid syntax"
        program.wait_for("Change the code to restart it.")
        copy.edit("settings.py", "fro pathlib", "from pathlib")
        program.wait_until_it_serves()
        with program.stub() as stub:
            assert stub.Say().text == "hello"
        program.send(signal.SIGINT)
        assert program.ends(within=4) == 0


def test_a_second_distribution_of_the_package_is_refused(project: Project, tmp_path: Path) -> None:
    metadata = tmp_path / "django_socio_grpc-0.25.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: django-socio-grpc\n")
    (metadata / "top_level.txt").write_text("django_socio_grpc\n")
    done = project.run("grpcrunserver", "127.0.0.1:0", PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert "dsg-core and django-socio-grpc are both installed" in done.stdout
    assert "pip uninstall django-socio-grpc" in done.stdout
    assert "Traceback" not in done.stdout
