"""The services of both READMEs work as they are printed there."""

import re
import shutil
from pathlib import Path

import pytest

from tests.template.run import make

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n# (\S+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def copy(project: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(project, tmp_path / "copy"))


@pytest.mark.timeout(180)
def test_add_a_service(copy: Path) -> None:
    blocks = dict(BLOCK.findall((copy / "README.md").read_text()))
    new, handlers = blocks["questions/services/choice_service.py"], blocks["config/handlers.py"]
    code = [line for line in (new + handlers).splitlines() if line.strip()]
    assert len(code) < 20

    (copy / "questions/services/choice_service.py").write_text(new)
    file = copy / "config/handlers.py"
    imports, registration = handlers.split("\n\n")
    docstring, rest = file.read_text().split("\n\n", maxsplit=1)
    file.write_text(f"{docstring}\n\n{imports}\n{rest}{registration}")

    assert make(copy, "proto-check").returncode != 0
    written = make(copy, "protos")
    assert written.returncode == 0, written.stdout + written.stderr
    assert make(copy, "proto-check").returncode == 0
    contract = (copy / "questions/grpc/questions.proto").read_text()
    assert "service ChoiceController {" in contract
    for rpc in ("List", "Retrieve", "Create", "Update", "PartialUpdate", "Destroy"):
        assert f"rpc {rpc}(Choice" in contract
    (copy / "questions/tests/test_choices.py").write_text(TEST)
    tested = make(copy, "test", "ARGS=questions/tests/test_choices.py")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "2 passed" in tested.stdout


@pytest.mark.timeout(180)
def test_what_a_service_looks_like(copy: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S)
    assert len([line for line in code.splitlines() if line.strip()]) <= 20

    (copy / "questions/services/readme_service.py").write_text(code)
    (copy / "config/handlers.py").write_text(README_HANDLERS)
    # Its contract is another one than that of the service of the same name which it replaces.
    (copy / "questions/grpc/questions.proto").unlink()
    written = make(copy, "protos")
    assert written.returncode == 0, written.stdout + written.stderr
    (copy / "test_readme.py").write_text(README_TEST)
    tested = make(copy, "test", "ARGS=test_readme.py")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "2 passed" in tested.stdout


TEST = """
import grpc
import pytest
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
from django_socio_grpc.services.app_handler_registry import AppHandlerRegistry

from questions.services.readme_service import QuestionService


def grpc_handlers(server):
    AppHandlerRegistry("questions", server).register(QuestionService)
"""

README_TEST = """
import grpc
from google.protobuf.empty_pb2 import Empty

from questions.grpc import questions_pb2, questions_pb2_grpc


def test_questions_are_created_and_streamed(grpc_server):
    with grpc.insecure_channel(grpc_server.target) as channel:
        stub = questions_pb2_grpc.QuestionControllerStub(channel)
        for text in ("Why?", "When?"):
            stub.Create(questions_pb2.QuestionRequest(question_text=text), timeout=5)
        streamed = [question.question_text for question in stub.StreamAll(Empty(), timeout=5)]
    assert streamed == ["Why?", "When?"]
"""
