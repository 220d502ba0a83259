"""The example of ``002_a6b81b0611935a65.txt`` (streaming) as it stands: service and client in
processes of their own, the service registered as ``004_b676f64838eae840.txt`` shows.

Put right: the ``Stream`` example answers with the text of ``question``, its loop's variable. The
port is one that is free.
"""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from django_socio_grpc import generics
from django_socio_grpc.testing import Mode

ANSWER = "I don't know i am only a simple stream"
COMMANDS = {"aio": "grpcrunaioserver", "sync": "grpcrunserver"}

SETTINGS = """
    SECRET_KEY = "for tests only"
    INSTALLED_APPS = ["django_socio_grpc", "app_example"]
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
    GRPC_FRAMEWORK = {
        'ROOT_HANDLERS_HOOK': 'app_example.handlers.grpc_handlers',
    }
"""
MANAGE = """
    import os, sys
    from django.core.management import execute_from_command_line

    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    execute_from_command_line(sys.argv)
"""
MODELS = """
    from django.db import models


    class Question(models.Model):
        question_text = models.CharField(max_length=200)
"""
SERIALIZERS = """
    from django_socio_grpc import proto_serializers
    from .models import Question


    class QuestionProtoSerializer(proto_serializers.ModelProtoSerializer):
        class Meta:
            model = Question
            fields = "__all__"
"""
SERVICES = """
    from django_socio_grpc import generics
    from .models import Question
    from .serializers import QuestionProtoSerializer

    from django_socio_grpc.decorators import grpc_action
    from .grpc import app_example_pb2


    class QuestionService(generics.AsyncModelService):
        queryset = Question.objects.all()
        serializer_class = QuestionProtoSerializer

        @grpc_action(
            request=[{"name": "question_text","type": "string",}],
            response=[{"name": "response", "type": "string" }],
            request_stream=True,
            response_stream=True,
        )
        async def Stream(self, request, context):
            async for question in request:
                yield app_example_pb2.QuestionStreamResponse(response=RESPONSE)
""".replace("RESPONSE", f'f"{{question.question_text}}: {ANSWER}"')
HANDLERS = """
    from django_socio_grpc.utils.servicer_register import AppHandlerRegistry
    from app_example.services import QuestionService

    def grpc_handlers(server):
        app_registry = AppHandlerRegistry("app_example", server)
        app_registry.register(QuestionService)
"""
CLIENT = """
    import asyncio
    import grpc
    from app_example.grpc import app_example_pb2_grpc, app_example_pb2

    async def main():
        async with grpc.aio.insecure_channel("localhost:50051") as channel:
            stub = app_example_pb2_grpc.QuestionControllerStub(channel)

            async def generate_requests():
                \"\"\"
                You can add more complex logic here like user input or async behavior.
                Please consider usind asyncio.queue if you want to populate message from the
                main thread.
                \"\"\"
                yield app_example_pb2.QuestionStreamRequest(question_text="Do you like gRPC ?")
                yield app_example_pb2.QuestionStreamRequest(question_text="Do you work ?")
                yield app_example_pb2.QuestionStreamRequest(question_text="Do you do something ?")

            async for response_message in stub.Stream(generate_requests()):
                print(f"Server responded: {response_message.response}")


    if __name__ == "__main__":
        asyncio.run(main())
"""
ANSWERS = [
    f"Server responded: {question}: {ANSWER}"
    for question in ("Do you like gRPC ?", "Do you work ?", "Do you do something ?")
]


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, and its contract as ``generateproto`` makes it."""
    folder = tmp_path_factory.mktemp("project")
    files = {"settings.py": SETTINGS, "manage.py": MANAGE, "app_example/__init__.py": ""}
    app = {"models": MODELS, "serializers": SERIALIZERS, "services": SERVICES}
    app["handlers"] = HANDLERS
    write(folder, files | {f"app_example/{name}.py": text for name, text in app.items()})
    run(folder, "manage.py", "generateproto")
    return folder


def run(folder: Path, *args: str) -> str:
    """Run Python in ``folder`` and return what it prints."""
    result = subprocess.run(
        [sys.executable, *args],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment(),
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def environment() -> dict[str, str]:
    framework = Path(generics.__file__).parents[1]
    kept = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return {**kept, "PYTHONPATH": str(framework), "PYTHONUNBUFFERED": "1"}


def test_002_service_and_client(project: Path, mode: Mode) -> None:
    server = subprocess.Popen(
        [sys.executable, "manage.py", COMMANDS[mode], "127.0.0.1:0", "--max-workers", "5"],
        cwd=project,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    try:
        assert server.stdout is not None
        port = next(
            line.rpartition(":")[2].strip() for line in server.stdout if "Listening on" in line
        )
        write(project, {"client.py": CLIENT.replace("localhost:50051", f"127.0.0.1:{port}")})
        assert run(project, "client.py").splitlines() == ANSWERS
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
    finally:
        if server.poll() is None:
            server.kill()
        server.communicate()
