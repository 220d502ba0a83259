"""Each demo client, with both kinds of stub, against both servers."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from django.core.management import call_command
from django_socio_grpc.testing import RunningServer

from buildings.models import Building, Temperature
from clients import bidi, client_streaming, server_streaming, unary
from questions.models import Question

Main = Callable[[Sequence[str]], int]

both_stubs = pytest.mark.parametrize("stub", ["sync", "aio"])


@pytest.fixture
def demo_data(transactional_db: None) -> None:
    call_command("load_demo_data", verbosity=0)


def rows() -> list[set[int]]:
    return [set(model._default_manager.values_list("pk", flat=True)) for model in MODELS]


MODELS = (Question, Building, Temperature)


@pytest.fixture
def run(
    grpc_server: RunningServer, demo_data: None, capsys: pytest.CaptureFixture[str]
) -> Callable[[Main, str], list[str]]:
    """Run a client to its end, check that it leaves no rows behind, and return its output."""

    def run_client(main: Main, stub: str) -> list[str]:
        before = rows()
        capsys.readouterr()
        assert main(["--target", grpc_server.target, "--stub", stub]) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        assert rows() == before
        return printed.out.splitlines()

    return run_client


@both_stubs
def test_unary(run: Callable[[Main, str], list[str]], stub: str) -> None:
    lines = run(unary.main, stub)

    called = [line.partition("(")[0] for line in lines if not line.startswith(" ")]
    assert called == [
        "Create",
        "Retrieve",
        "Update",
        "PartialUpdate",
        "List",
        "Destroy",
        "Retrieve",
        "Create",
    ]
    assert "2030-01-01T00:00:00Z" in lines[7]
    assert f"{Question.objects.count() + 1} questions" in lines[9]
    assert lines[-3].strip().startswith("NOT_FOUND: ")
    assert lines[-1].strip() == "INVALID_ARGUMENT: question_text: This field may not be blank."


@both_stubs
def test_server_streaming(run: Callable[[Main, str], list[str]], stub: str) -> None:
    lines = run(server_streaming.main, stub)

    assert "Burj Khalifa" in lines[1]
    assert "Merdeka 118" in lines[27]
    assert sum("°C" in line for line in lines) == 48
    assert len(lines) == 2 * (2 + 24)


@both_stubs
def test_client_streaming(run: Callable[[Main, str], list[str]], stub: str) -> None:
    lines = run(client_streaming.main, stub)

    assert sum(line.startswith("BulkSubmit <- ") for line in lines) == 4
    assert lines[4].strip() == "2 accepted, 2 not:"
    assert lines[5].strip().startswith("no. 2, '': question_text: ")
    assert lines[6].strip().startswith("no. 4, ")
    assert sum(line.startswith("UploadTemperatures <- ") for line in lines) == 5
    assert lines[-1].strip() == "2 recorded, 1 duplicate, 1 of no known building, 1 invalid"


@both_stubs
def test_bidi(run: Callable[[Main, str], list[str]], stub: str) -> None:
    lines = run(bidi.main, stub)

    answers = [line.removeprefix("Stream -> ") for line in lines if line.startswith("Stream -> ")]
    assert answers == [
        "What's up?: The sky (9 votes)",
        "Do you like gRPC ?: Yes (12 votes)",
        "Sync or async?: Both, behind one contract (13 votes)",
        "What is the answer to life?: I don't know i am only a simple stream",
    ]
    assert lines[-1] == "The stream ended with OK"


@both_stubs
def test_server_streaming_without_buildings_names_the_fix(
    grpc_server: RunningServer, capsys: pytest.CaptureFixture[str], stub: str
) -> None:
    assert server_streaming.main(["--target", grpc_server.target, "--stub", stub]) == 1

    assert capsys.readouterr().err.splitlines() == [
        "The server has 0 buildings, and this demo needs two. Load some with `make demo-data`."
    ]


@both_stubs
@pytest.mark.parametrize(
    "main",
    [unary.main, server_streaming.main, client_streaming.main, bidi.main],
    ids=lambda main: main.__module__,
)
def test_no_server(
    unused_target: str, capsys: pytest.CaptureFixture[str], main: Main, stub: str
) -> None:
    assert main(["--target", unused_target, "--stub", stub]) == 1

    [line] = capsys.readouterr().err.splitlines()
    assert f"No server answers at {unused_target}." in line
    assert "`make run-aio`" in line


def test_no_server_as_a_command(unused_target: str) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "clients.unary", "--target", unused_target],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert finished.returncode == 1
    assert finished.stdout == ""
    assert len(finished.stderr.splitlines()) == 1
    assert f"No server answers at {unused_target}." in finished.stderr
