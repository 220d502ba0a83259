"""Both servers of a generated project, called by a client of another language and HTTP/2.

It needs node and npm; the packages, as package-lock.json has them, come from npm's registry once
and are kept in build/.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.template.run import clean_environment

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "tests/node"
LISTENING = "Listening on "
MINUTES = 180


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder ``node_modules`` of the client."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program}, which runs the client")
    lock = (CLIENT / "package-lock.json").read_bytes()
    folder = ROOT / "build/node" / hashlib.sha256(lock).hexdigest()[:16]
    if not folder.exists():
        # Beside it, and moved when it is whole: several processes may run tests.
        new = folder.with_name(f"{folder.name}.{os.getpid()}")
        new.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(CLIENT / name, new)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=new, capture_output=True, text=True, timeout=MINUTES)
        if done.returncode != 0:
            shutil.rmtree(new)
            pytest.skip(f"npm cannot get the client's packages: {done.stderr.strip()[-300:]}")
        try:
            new.rename(folder)
        except OSError:  # another one was faster
            shutil.rmtree(new)
    return folder / "node_modules"


@contextmanager
def serving(project: Path, command: str, database: Path) -> Iterator["subprocess.Popen[str]"]:
    """Run a server of ``project`` on a free port; the first line of it that counts is read."""
    variables = {
        "DEBUG": "false",
        "SECRET_KEY": "of these tests alone",
        "DATABASE_URL": f"sqlite:///{database}",
        "GRPC_REFLECTION": "true",
        "PYTHONPATH": str(project / "packages/dsg-core/src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LOG_LEVEL": "ERROR",
    }
    environment = clean_environment() | variables
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "--verbosity=0"], cwd=project, env=environment, check=True)
    with subprocess.Popen(
        [*manage, command, "127.0.0.1:0"],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            yield server
        finally:
            if server.poll() is None:
                server.kill()


@pytest.mark.timeout(2 * MINUTES)
@pytest.mark.parametrize("command", ["grpcrunaioserver", "grpcrunserver"])
def test_a_client_on_node(project: Path, packages: Path, command: str, tmp_path: Path) -> None:
    with serving(project, command, tmp_path / "db.sqlite3") as server:
        assert server.stdout is not None
        lines = (line for line in server.stdout if line.startswith(LISTENING))
        environment = {
            **os.environ,
            "NODE_PATH": str(packages),
            "PROJECT": str(project),
            "SERVER": str(server.pid),
            "TARGET": next(lines).removeprefix(LISTENING).strip(),
        }
        # The tests of health are the last: they stop the server.
        for name in ("calls", "reflection", "health"):
            done = subprocess.run(
                ["node", "--test", f"{name}.test.js"],
                cwd=CLIENT,
                env=environment,
                capture_output=True,
                text=True,
                timeout=MINUTES,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            assert "# fail 0" in done.stdout
        assert server.wait(60) == 0
