"""What was baked is run: its tests on both databases, its linters, its servers and its clients."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.template.run import clean_environment, make

CLIENTS = ("unary", "server_streaming", "client_streaming", "bidi")


@pytest.mark.timeout(300)
def test_its_tests_pass_on_sqlite(workspace: Path) -> None:
    result = make(workspace, "test")
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"\d+ passed", result.stdout)


@pytest.mark.timeout(300)
def test_its_tests_pass_on_postgresql(workspace: Path, postgresql: str) -> None:
    result = make(workspace, "test", DATABASE_URL=postgresql)
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"\d+ passed", result.stdout)


@pytest.mark.timeout(300)
def test_its_linters_pass(workspace: Path) -> None:
    result = make(workspace, "lint")
    assert result.returncode == 0, result.stdout + result.stderr


def test_its_contract_is_what_its_services_say(workspace: Path) -> None:
    result = make(workspace, "proto-check")
    assert result.returncode == 0, result.stdout + result.stderr


def test_help_lists_every_target(workspace: Path) -> None:
    listed = set(re.findall(r"^  ([a-z-]+) +\S", make(workspace, "help").stdout, re.MULTILINE))
    phony = " ".join(re.findall(r"^\.PHONY:(.*)$", (workspace / "Makefile").read_text(), re.M))
    assert listed == set(phony.split()) - {"help", "install"} | {"help"}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("target", ["run-aio", "run-sync"])
def test_its_server_answers_its_clients_and_stops(workspace: Path, target: str) -> None:
    assert make(workspace, "demo-data").returncode == 0
    server = subprocess.Popen(
        ["make", target, "ADDRESS=127.0.0.1:0", f"VENV={sys.prefix}"],
        cwd=workspace,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert server.stdout is not None
    try:
        said = ""
        for line in server.stdout:
            said += line
            if line.startswith("Listening on "):
                break
        address = said.rpartition("Listening on ")[2].split()[0]
        assert re.fullmatch(r"127\.0\.0\.1:[1-9]\d*", address), said

        for stub in ("aio", "sync"):
            called = make(workspace, "clients", f"TARGET={address}", f"STUB={stub}")
            assert called.returncode == 0, called.stdout + called.stderr
            assert all(f"--- {name}\n" in called.stdout for name in CLIENTS)

        os.kill(child_of(server.pid), signal.SIGTERM)
        said += server.communicate(timeout=30)[0]
    finally:
        if server.poll() is None:
            server.terminate()
            server.wait()
    assert server.returncode == 0, said
    assert "Stopped." in said
    assert "questions.QuestionController" in said
    assert "buildings.BuildingController" in said


def child_of(pid: int) -> int:
    """Return the process that ``make`` started: signals to make itself would end it as failed."""
    found = subprocess.run(["pgrep", "-P", str(pid)], check=True, capture_output=True, text=True)
    (child,) = found.stdout.split()
    return int(child)


def test_no_server_is_one_line_that_says_how_to_start_one(workspace: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        target = f"127.0.0.1:{unused.getsockname()[1]}"
        result = make(workspace, "clients", f"TARGET={target}")
    assert result.returncode != 0
    assert target in result.stderr
    assert "make run-aio" in result.stderr
    assert "Traceback" not in result.stdout + result.stderr


@pytest.mark.timeout(300)
def test_setup_with_pip_alone_and_again(project: Path, tmp_path: Path) -> None:
    """On a machine with Python, pip and make; the second time there is nothing left to do."""
    folder = tmp_path / "fresh"
    subprocess.run(["cp", "-R", str(project), str(folder)], check=True)
    tools = tmp_path / "bin"
    tools.mkdir()
    needed = ("awk", "cat", "cksum", "cut", "make", "rm", "sh", "touch")
    for name in needed:
        (tools / name).symlink_to(_which(name))
    environment = clean_environment() | {"PATH": str(tools), "HOME": str(tmp_path)}

    def setup() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", "setup", f"PYTHON={_base_python()}"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
        )

    first = setup()
    assert first.returncode == 0, first.stdout + first.stderr
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600
    key = (folder / ".env").read_text()
    second = setup()
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert (folder / ".env").read_text() == key
    # The editable install alone, as an editor or a debugger would start it.
    code = "import django_socio_grpc; print(django_socio_grpc.__file__)"
    found = subprocess.run(
        [folder / ".venv/bin/python", "-c", code],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert Path(found.strip()).is_relative_to(folder / "packages/dsg-core/src")


def _which(name: str) -> str:
    found = shutil.which(name, path="/usr/bin:/bin")
    assert found is not None
    return found


def _base_python() -> Path:
    """Return the Python that the virtual environment of these tests was made from."""
    return Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")
