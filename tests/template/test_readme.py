"""What the READMEs and the documents tell people to do works, word for word."""

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.template.run import clean_environment, make

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n# (\S+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHELL = re.compile(r"^ *```shell\n *(rm .*)\n *```$", re.MULTILINE)


def blocks(document: Path) -> list[tuple[str, str]]:
    """The path and the text of each Python block that names a file, in their order."""
    return BLOCK.findall(document.read_text())


def section(project: Path, title: str) -> str:
    """The text of one section of the project's README."""
    return (
        (project / "README.md").read_text().partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    )


def passes(project: Path, *targets: str) -> str:
    """Run ``make`` for each target, and return what the last one said."""
    for target in targets:
        result = make(project, target)
        assert result.returncode == 0, f"make {target}\n{result.stdout}{result.stderr}"
    return result.stdout


def serves(project: Path) -> list[str]:
    """Start and stop both servers, and return the services that each of them named."""
    served = []
    for command in ("grpcrunaioserver", "grpcrunserver"):
        with subprocess.Popen(
            [sys.executable, "manage.py", command, "127.0.0.1:0"],
            cwd=project,
            env=clean_environment() | {"PYTHONPATH": "packages/dsg-core/src"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as server:
            assert server.stdout is not None
            said = ""
            for line in server.stdout:
                said += line
                if line.startswith("Quit with"):
                    server.send_signal(signal.SIGTERM)
        assert server.returncode == 0, said
        served += [" ".join(re.findall(r"^  ([a-z]+\.\w+): ", said, re.MULTILINE))]
    return served


def register(project: Path, handlers: str) -> None:
    """Do what "Register it" says: the import, and the last line of the function."""
    file = project / "config/handlers.py"
    imports, registration = handlers.split("\n\n")
    docstring, rest = file.read_text().split("\n\n", maxsplit=1)
    file.write_text(f"{docstring}\n\n{imports}\n{rest}{registration}")


@pytest.mark.timeout(300)
def test_add_a_service(copy: Path) -> None:
    (path, new), (_, handlers), *_ = blocks(copy / "README.md")
    assert path == "questions/services/choice_service.py"
    code = [line for line in (new + handlers).splitlines() if line.strip()]
    assert len(code) < 20

    (copy / path).write_text(new)
    register(copy, handlers)
    assert make(copy, "proto-check").returncode != 0
    passes(copy, "protos", "format", "proto-check", "lint")
    contract = (copy / "questions/grpc/questions.proto").read_text()
    assert "service ChoiceController {" in contract
    for rpc in ("List", "Retrieve", "Create", "Update", "PartialUpdate", "Destroy"):
        assert f"rpc {rpc}(Choice" in contract
    (copy / "questions/tests/test_choices.py").write_text(TEST)
    passes(copy, "test")


@pytest.mark.timeout(300)
def test_the_document_about_services(copy: Path) -> None:
    (path, service), (test_path, test) = blocks(copy / "docs/services.md")
    (copy / path).write_text(service)
    (copy / test_path).write_text(test)
    register(
        copy,
        "from questions.services.vote_service import VoteService\n\n"
        "    questions.register(VoteService)\n",
    )
    passes(copy, "protos", "format", "lint")
    tested = make(copy, "test", f"ARGS={test_path}")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "4 passed" in tested.stdout


@pytest.mark.timeout(300)
def test_what_a_service_looks_like(copy: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S)
    assert len([line for line in code.splitlines() if line.strip()]) <= 20

    (copy / "questions/services/readme_service.py").write_text(f'"""A service."""\n\n{code}')
    (copy / "config/handlers.py").write_text(README_HANDLERS)
    # Its contract is another one than that of the service of the same name which it replaces.
    for generated in (copy / "questions/grpc").glob("questions*"):
        generated.unlink()
    for user in ("buildings", "clients", "questions/tests"):
        shutil.rmtree(copy / user)
    for name in ("question_service.py", "question_sync_service.py"):
        (copy / "questions/services" / name).unlink()
    settings = copy / "config/settings.py"
    settings.write_text(settings.read_text().replace('    "buildings",\n', ""))
    (copy / "test_readme.py").write_text(README_TEST)
    passes(copy, "protos", "format", "lint")
    tested = make(copy, "test", "ARGS=test_readme.py")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "2 passed" in tested.stdout


@pytest.mark.timeout(300)
@pytest.mark.parametrize("colour", ["async", "sync"])
def test_keep_one_colour(copy: Path, colour: str) -> None:
    text = section(copy, "Keep one colour")
    ((path, handlers),) = BLOCK.findall(text)
    (command,) = SHELL.findall(text)
    if colour == "sync":
        # As the last sentence says, for both apps.
        for name in ("question", "building"):
            title = name.title()
            handlers = handlers.replace(f"{title}Service", f"{title}SyncService")
            handlers = handlers.replace(f"{name}_service", f"{name}_sync_service")
        command = (
            "rm questions/services/question_service.py buildings/services/building_service.py"
        )
    (copy / path).write_text(handlers)
    subprocess.run(["sh", "-ec", command], cwd=copy, check=True)
    assert len(list(copy.glob("*/services/*_service.py"))) == 2

    passes(copy, "proto-check", "test", "lint", "migrate")
    both = "buildings.BuildingController questions.QuestionController"
    assert serves(copy) == [both, both]


@pytest.mark.timeout(300)
def test_remove_the_examples(copy: Path) -> None:
    text = section(copy, "Remove the examples")
    (command,) = SHELL.findall(text)
    (targets,) = re.findall(r"`make (migrations [a-z ]+)`", text)

    passes(copy, "setup")
    subprocess.run(
        [sys.executable, "manage.py", "startapp", "notes"],
        cwd=copy,
        env=clean_environment() | {"PYTHONPATH": "packages/dsg-core/src"},
        check=True,
    )
    for name, content in NOTES.items():
        (copy / name).write_text(content)
    settings = copy / "config/settings.py"
    settings.write_text(
        settings.read_text().replace('    "questions",\n    "buildings",\n', '    "notes",\n')
    )
    subprocess.run(["sh", "-ec", command], cwd=copy, check=True)
    dockerfile = copy / "Dockerfile"
    stages = re.split(r"(?m)^(?=FROM )", dockerfile.read_text())
    dockerfile.write_text("".join(stage for stage in stages if " AS client\n" not in stage))

    passes(copy, *targets.split(), "migrate")
    assert "notes/tests.py ..  " in passes(copy, "coverage")
    assert serves(copy) == ["notes.NoteController"] * 2
    assert not {"clients", "demo-data", "wire"} & set(make(copy, "help").stdout.split())
    left = re.compile(r"\b(questions|buildings|load_demo_data)\b|-m clients", re.IGNORECASE)
    kept = [
        path
        for path in copy.rglob("*")
        if path.is_file() and not {"docs", "packages"} & set(path.relative_to(copy).parts)
    ]
    texts = [path for path in kept if path.suffix in {".py", ".yml", ".yaml", ".toml", ""}]
    found = [path.name for path in texts if left.search(path.read_text(errors="replace"))]
    assert set(found) <= {"LICENSE"}


TEST = """
import grpc
from django_socio_grpc.testing import RunningServer

from questions.grpc import questions_pb2, questions_pb2_grpc
from questions.models import Question


def test_a_choice_is_created_and_read(grpc_server: RunningServer) -> None:
    question = Question.objects.create(question_text="Why?")
    with grpc.insecure_channel(grpc_server.target) as channel:
        stub = questions_pb2_grpc.ChoiceControllerStub(channel)
        new = questions_pb2.ChoiceRequest(question=question.pk, choice_text="Because", votes=3)
        created = stub.Create(new, timeout=5)
        read = stub.Retrieve(questions_pb2.ChoiceRetrieveRequest(id=created.id), timeout=5)
    assert (read.choice_text, read.votes, read.question) == ("Because", 3, question.pk)
"""

README_HANDLERS = """
from typing import Any

from django_socio_grpc.services.app_handler_registry import AppHandlerRegistry

from questions.services.readme_service import QuestionService


def grpc_handlers(server: Any) -> None:
    AppHandlerRegistry("questions", server).register(QuestionService)
"""

README_TEST = """
import grpc
from django_socio_grpc.testing import RunningServer
from google.protobuf.empty_pb2 import Empty

from questions.grpc import questions_pb2, questions_pb2_grpc


def test_questions_are_created_and_streamed(grpc_server: RunningServer) -> None:
    with grpc.insecure_channel(grpc_server.target) as channel:
        stub = questions_pb2_grpc.QuestionControllerStub(channel)
        for text in ("Why?", "When?"):
            stub.Create(questions_pb2.QuestionRequest(question_text=text), timeout=5)
        streamed = [question.question_text for question in stub.StreamAll(Empty(), timeout=5)]
    assert streamed == ["Why?", "When?"]
"""

NOTES = {
    "notes/models.py": """
from django.db import models


class Note(models.Model):
    text = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.text
""",
    "notes/services.py": """
from django_socio_grpc import generics, proto_serializers
from rest_framework.permissions import AllowAny

from notes.models import Note


class NoteProtoSerializer(proto_serializers.ModelProtoSerializer):
    class Meta:
        model = Note
        fields = ["id", "text"]


class NoteService(generics.AsyncModelService):
    queryset = Note.objects.all()
    serializer_class = NoteProtoSerializer
    permission_classes = [AllowAny]
""",
    "notes/tests.py": """
from django_socio_grpc.testing import RunningServer

from notes.grpc import notes_pb2, notes_pb2_grpc
from notes.models import Note


def test_a_note_is_created(grpc_server: RunningServer) -> None:
    with grpc_server.channel() as channel:
        stub = notes_pb2_grpc.NoteControllerStub(channel)
        stub.Create(notes_pb2.NoteRequest(text="Milk"), timeout=5)
    assert Note.objects.get().text == "Milk"
""",
    "config/handlers.py": """
from typing import Any

from django_socio_grpc.services.app_handler_registry import AppHandlerRegistry

from notes.services import NoteService


def grpc_handlers(server: Any) -> None:
    AppHandlerRegistry("notes", server).register(NoteService)
""",
}
