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

ROOT = Path(__file__).parents[2]
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
    rules = (workspace / "Makefile").read_text() + (workspace / "clients/demo.mk").read_text()
    phony = " ".join(re.findall(r"^\.PHONY:(.*)$", rules, re.M))
    assert listed == set(phony.split()) - {"install", "python"}


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


@pytest.mark.parametrize("where", ["environment", ".env"])
def test_the_port_of_the_settings_is_the_port_of_the_targets(copy: Path, where: str) -> None:
    (copy / ".env").write_text("GRPC_PORT = '50099'\n")
    variables = {"GRPC_PORT": "50088"} if where == "environment" else {"GRPC_PORT": ""}
    port = "50088" if where == "environment" else "50099"
    for target in ("run-aio", "run-sync", "dev", "clients"):
        assert f"127.0.0.1:{port}" in make(copy, "--dry-run", target, **variables).stdout


@pytest.mark.timeout(180)
def test_a_model_that_changed_is_told_and_migrated(copy: Path) -> None:
    models = copy / "questions/models.py"
    field = "    source = models.CharField(max_length=20, blank=True)\n\n    class Meta:"
    models.write_text(models.read_text().replace("    class Meta:", field.lstrip("\n"), 1))
    warned = make(copy, "migrate")
    assert warned.returncode == 0, warned.stderr
    assert warned.stderr == (
        "warning: models of questions have changed, and no migration says so. "
        "Run: make migrations\n"
    )
    assert make(copy, "migrations").returncode == 0
    migrated = make(copy, "migrate")
    assert (migrated.returncode, migrated.stderr) == (0, "")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///no/such/folder.sqlite3", "there is no folder"),
        ("postgresql://ann:hunter2@127.0.0.1:1/polls", "postgresql://ann@127.0.0.1:1/polls"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_line(
    workspace: Path, url: str, expected: str
) -> None:
    result = make(workspace, "run-aio", DATABASE_URL=url)
    assert result.returncode != 0
    lines = [line for line in result.stderr.splitlines() if not line.startswith("make")]
    assert len(lines) == 1
    assert lines[0].startswith("error: DATABASE_URL is ")
    assert expected in lines[0]
    assert "hunter2" not in result.stdout + result.stderr


OLD_PYTHON = """#!/bin/sh
test "$1" = -c && exec {python} -c "import sys; sys.version_info = (3, 9, 2); $2" "$3" "$4"
exit 9
"""


@pytest.mark.parametrize("venv", [False, True])
def test_an_old_python_is_one_line(project: Path, tmp_path: Path, venv: bool) -> None:
    old = tmp_path / ("venv/bin/python" if venv else "python3.9")
    old.parent.mkdir(parents=True, exist_ok=True)
    old.write_text(OLD_PYTHON.format(python=sys.executable))
    old.chmod(0o755)
    given = [f"PYTHON={old}", f"VENV={tmp_path / 'venv'}"]
    for folder in (project, ROOT):
        result = _make_alone(folder, "setup", *given)
        assert result.returncode != 0
        line = result.stderr.splitlines()[0]
        assert line.startswith(
            f"error: {tmp_path / 'venv' if venv else old} is Python 3.9, and 3.11"
        )
        assert ("Remove that folder." if venv else "make PYTHON=python3.13") in line
    assert [path.name for path in tmp_path.iterdir()] == ["venv" if venv else "python3.9"]


def test_no_python_and_a_broken_environment_are_one_line(project: Path, tmp_path: Path) -> None:
    missing = _make_alone(project, "setup", "PYTHON=python9", f"VENV={tmp_path / 'venv'}")
    assert missing.stderr.startswith("error: python9 is not found, and Python 3.11 or later is")
    broken = _make_alone(project, "setup", f"VENV={tmp_path}")
    assert broken.stderr.startswith(f"error: {tmp_path} is there, but {tmp_path}/bin/python does")


def test_locking_without_uv_is_one_line(project: Path, tmp_path: Path) -> None:
    for name in ("awk", "cat", "cksum", "cut", "make"):
        (tmp_path / name).symlink_to(_which(name))
    result = make(project, "lock", PATH=str(tmp_path))
    assert result.returncode != 0
    assert result.stderr.splitlines()[0] == "error: uv is not found. Install it: pip install uv"


def _make_alone(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``make`` without the virtual environment of these tests."""
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=clean_environment(), capture_output=True, text=True
    )


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
