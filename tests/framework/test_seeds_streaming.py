"""The example of the streaming document as it stands: service and client in processes of their
own, the service registered as the registration document shows.

Put right: the ``Stream`` example answers with the text of ``question``, its loop's variable. The
port is one that is free.
"""

import pytest
from django_socio_grpc.testing import Mode
from project import FILES, Project

ANSWER = "I don't know i am only a simple stream"

SETTINGS = """
    SECRET_KEY = "for tests only"
    INSTALLED_APPS = ["django_socio_grpc", "app_example"]
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
    GRPC_FRAMEWORK = {
        'ROOT_HANDLERS_HOOK': 'app_example.handlers.grpc_handlers',
    }
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


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project, and its contract as ``generateproto`` makes it."""
    project = Project(tmp_path_factory.mktemp("project"))
    files = {
        "settings.py": SETTINGS,
        "manage.py": FILES["manage.py"],
        "app_example/__init__.py": "",
    }
    app = {"models": MODELS, "serializers": SERIALIZERS, "services": SERVICES}
    app["handlers"] = HANDLERS
    project.write(files | {f"app_example/{name}.py": text for name, text in app.items()})
    project.script("manage.py", "generateproto")
    return project


def test_service_and_client(project: Project, mode: Mode) -> None:
    with project.serve(mode, "--max-workers", "5") as server:
        project.write({"client.py": CLIENT.replace("localhost:50051", server.target)})
        assert project.script("client.py").splitlines() == ANSWERS
        server.send()
        assert server.ends() == 0
