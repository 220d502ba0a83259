"""A Django project in a folder of its own, whose commands run as programs."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django_socio_grpc
import grpc
from compiled import compile_to_descriptors
from declared import Stub
from google.protobuf.message_factory import GetMessageClass

PATIENCE = 60.0
COMMANDS = {"aio": "grpcrunaioserver", "sync": "grpcrunserver"}
FILES = {
    "manage.py": "from django.core import management; management.execute_from_command_line()\n",
    "settings.py": """
from pathlib import Path

SECRET_KEY = "test"
INSTALLED_APPS = ["django.contrib.contenttypes", "django_socio_grpc", "plays"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": Path(__file__).with_name("db.sqlite3"),
    }
}
ROOT_URLCONF = "handlers"
GRPC_FRAMEWORK = {"ENABLE_HEALTH_CHECK": True}
""",
    "handlers.py": """
from django_socio_grpc.services.app_handler_registry import AppHandlerRegistry
from plays.services import PlayService

urlpatterns = []


def grpc_handlers(server):
    AppHandlerRegistry("plays", server).register(PlayService)
""",
    "plays/__init__.py": "",
    "plays/services.py": """
import itertools
import time

from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service

SECONDS = [{"name": "seconds", "type": "double"}]
TEXT = [{"name": "text", "type": "string"}]
WORD = "hello"


def reply(name, text):
    from plays.grpc import plays_pb2

    return getattr(plays_pb2, name)(text=text)


class PlayService(Service):
    service_name = "Play"
    @grpc_action(response=TEXT)
    def Say(self, request, context):
        return reply("PlaySayResponse", WORD)

    @grpc_action(request=SECONDS, response=TEXT)
    def Sleep(self, request, context):
        time.sleep(request.seconds)
        return reply("PlaySleepResponse", "awake")

    @grpc_action(request=SECONDS, response=TEXT)
    async def BlockTheLoop(self, request, context):
        time.sleep(request.seconds)
        return reply("PlayBlockTheLoopResponse", "awake")

    @grpc_action(request=[{"name": "until", "type": "int32"}], response=TEXT, response_stream=True)
    async def Count(self, request, context):
        import asyncio

        for number in itertools.count(1):
            yield reply("PlayCountResponse", str(number))
            if number == request.until:
                return
            await asyncio.sleep(0.1)
""",
}


@dataclass(frozen=True, slots=True)
class Project:
    """The commands of the project at ``root``."""

    root: Path

    @classmethod
    def make(cls, root: Path) -> "Project":
        """Write the files and let ``generateproto`` make the contract."""
        project = cls(root)
        project.write(FILES)
        done = project.run("generateproto")
        assert done.returncode == 0, done.stdout
        return project

    def copied_to(self, root: Path) -> "Project":
        """Return a copy, which is made at ``root``, for a test to edit."""
        return Project(Path(shutil.copytree(self.root, root)))

    def write(self, files: Mapping[str, str]) -> None:
        """Write files, by their paths in the project; their texts may be indented."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def popen(self, *args: str, **environment: str) -> "subprocess.Popen[str]":
        """Start ``manage.py args``; both of its outputs are one pipe."""
        return self._python("manage.py", *args, **environment)

    def _python(self, *args: str, **environment: str) -> "subprocess.Popen[str]":
        source = str(Path(django_socio_grpc.__file__).parent.parent)
        paths = os.pathsep.join(filter(None, (environment.pop("PYTHONPATH", ""), source)))
        return subprocess.Popen(
            [sys.executable, *args],
            cwd=self.root,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "settings",
                "PYTHONPATH": paths,
                "PYTHONDONTWRITEBYTECODE": "1",  # an edit in the same second would go unnoticed
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *args: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run ``manage.py args`` to its end."""
        process = self.popen(*args, **environment)
        out, _ = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(args, process.returncode, out)

    def script(self, *args: str) -> str:
        """Run a program of the project's, which must not fail, and return what it prints."""
        process = self._python(*args)
        out, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, out
        return out

    @contextmanager
    def serve(self, mode: str, *args: str) -> Iterator["Program"]:
        """Run the server of ``mode`` for the block, on a free port."""
        with self.popen(COMMANDS[mode], "127.0.0.1:0", *args) as process:
            try:
                program = Program(process, self.root)
                program.wait_until_it_serves()
                yield program
            finally:
                if process.poll() is None:
                    process.kill()


class Program:
    """A running server command. ``out`` is what it has printed so far."""

    def __init__(self, process: "subprocess.Popen[str]", root: Path) -> None:
        self.process = process
        self.root = root
        self.out = ""
        self.target = ""

    def wait_for(self, text: str) -> str:
        """Read its output up to the next line with ``text``, and return that line."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.out += line
            if text in line:
                return line.strip()
        raise AssertionError(f"{text!r} was not printed, but:\n{self.out}")

    def wait_until_it_serves(self) -> None:
        self.target = self.wait_for("Listening on").removeprefix("Listening on ")

    @contextmanager
    def stub(self) -> Iterator[Stub]:
        file = compile_to_descriptors((self.root / "plays/grpc/plays.proto").read_text())
        pb = SimpleNamespace(
            **{n: GetMessageClass(m) for n, m in file.message_types_by_name.items()}
        )
        with grpc.insecure_channel(self.target) as channel:
            yield Stub(channel, file.services_by_name["PlayController"], pb, timeout=PATIENCE)

    def send(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def ends(self, within: float = PATIENCE) -> int:
        """Wait for its end, at most ``within`` seconds, and return its exit code."""
        began = time.monotonic()
        rest, _ = self.process.communicate(timeout=PATIENCE)
        assert time.monotonic() - began < within
        self.out += rest
        return self.process.returncode


def call(stub: Stub, name: str, **fields: Any) -> Any:
    """Start a call and return its future."""
    request = getattr(stub.pb, f"Play{name}Request")(**fields)
    return stub.method(name).future(request, timeout=PATIENCE, wait_for_ready=True)
