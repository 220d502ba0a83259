"""Bake a project, set it up, and call both of its servers with its four demo clients.

``python -m scripts.demo FOLDER [--serve]``. Exits with 0 only if every step did; ``--serve`` then
leaves the asyncio server in the foreground.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer

from scripts.bake import bake, snapshot

COMMANDS = {"asyncio": "grpcrunaioserver", "threaded": "grpcrunserver"}
CLIENTS = ("unary", "server_streaming", "client_streaming", "bidi")
LISTENING, LAST_LINE = "Listening on ", "Quit with "
START_SECONDS, STOP_SECONDS = 60, 30


def say(text: str) -> None:
    print(f"\n=== {text}", flush=True)


def environment(project: Path, **variables: str) -> dict[str, str]:
    """Return what the project's Makefile exports, for the commands that are run without it."""
    return {**os.environ, "PYTHONPATH": str(project / "packages/dsg-core/src"), **variables}


@contextmanager
def running_server(project: Path, command: str) -> Iterator[str]:
    """Start a server on a free port, yield its address, and stop it by SIGTERM.

    Raises:
        SystemExit: it does not start in time, or does not stop in time with exit code 0.
    """
    server = subprocess.Popen(
        [sys.executable, "manage.py", command, "127.0.0.1:0"],
        cwd=project,
        # The demo shows what the clients print; servers log every call beside that.
        env=environment(project, LOG_LEVEL="ERROR"),
        stdout=subprocess.PIPE,
        text=True,
    )
    # A server that hangs says nothing, and reading its output would wait for ever.
    watchdog = Timer(START_SECONDS, server.kill)
    watchdog.start()
    try:
        yield _address(server)
        server.send_signal(signal.SIGTERM)
        rest, _ = server.communicate(timeout=STOP_SECONDS)
        print(rest, end="")
    finally:
        watchdog.cancel()
        if server.poll() is None:
            server.kill()
            server.wait()
    if server.returncode != 0:
        sys.exit(f"error: {command} ended with exit code {server.returncode}, not 0.")


def _address(server: "subprocess.Popen[str]") -> str:
    assert server.stdout is not None
    address = ""
    for line in server.stdout:
        print(line, end="", flush=True)
        if line.startswith(LISTENING):
            address = line.removeprefix(LISTENING).split()[0]
        if line.startswith(LAST_LINE):
            return address
    sys.exit(f"error: the server ended before it listened, with exit code {server.wait()}.")


def call(project: Path, client: str, target: str) -> None:
    """Run one demo client; a failure ends the demo."""
    say(f"python -m clients.{client} --target {target}")
    arguments = [sys.executable, "-m", f"clients.{client}", "--target", target]
    code = subprocess.run(arguments, cwd=project, env=environment(project)).returncode
    if code != 0:
        sys.exit(f"error: clients.{client} ended with exit code {code}, not 0.")


def make(project: Path, *targets: str) -> None:
    """Run `make` in the project, in this process's virtual environment."""
    say(f"make {' '.join(targets)}")
    if subprocess.run(["make", *targets, f"VENV={sys.prefix}"], cwd=project).returncode != 0:
        sys.exit(f"error: make {' '.join(targets)} failed in {project}.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="replaced if it is there")
    parser.add_argument("--serve", action="store_true", help="go on serving on 127.0.0.1:50051")
    options = parser.parse_args()

    say(f"cookiecutter, with the default answers, into {options.folder}")
    shutil.rmtree(options.folder, ignore_errors=True)
    with TemporaryDirectory() as temporary:
        project = bake(snapshot(Path(temporary, "template")), options.folder)
    make(project, "setup")
    make(project, "migrate", "demo-data")

    for name, command in COMMANDS.items():
        say(f"The {name} server: manage.py {command}")
        with running_server(project, command) as target:
            for client in CLIENTS:
                call(project, client, target)
            say(f"Stopping the {name} server")
    say("Both servers answered all four kinds of calls and stopped with exit code 0.")

    if options.serve:
        say(f"Serving. `make -C {project} clients VENV={sys.prefix}` calls it from elsewhere.")
        os.chdir(project)
        arguments = [sys.executable, "manage.py", COMMANDS["asyncio"], "127.0.0.1:50051"]
        os.execve(sys.executable, arguments, environment(project))


if __name__ == "__main__":
    main()
