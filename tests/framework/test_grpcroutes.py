"""``manage.py grpcroutes``: what is served, and what guards it."""

import json
from pathlib import Path
from typing import Any

import pytest
from project import Project

SERVICES = """
from django_socio_grpc import generics
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.services import Service
from plays.models import Actor
from rest_framework.authentication import BasicAuthentication
from rest_framework.filters import OrderingFilter
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated
from rest_framework.throttling import AnonRateThrottle

TEXT = [{"name": "text", "type": "string"}]


class ActorProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Actor
        fields = ["id", "name"]


class Pages(PageNumberPagination):
    page_size = 10


class ActorService(generics.AsyncReadOnlyModelService):
    queryset = Actor.objects.order_by("id")
    serializer_class = ActorProtoSerializer
    authentication_classes = [BasicAuthentication]
    permission_classes = [IsAuthenticated & (IsAdminUser | ~AllowAny)]
    throttle_classes = [AnonRateThrottle]
    filter_backends = [OrderingFilter]
    pagination_class = Pages
    atomic = True


class OpenService(Service):
    service_name = "Open"
    @grpc_action()
    async def Knock(self, request, context): ...


class PlayService(Service):
    service_name = "Play"
    def get_permissions(self):
        return [IsAdminUser()]

    @grpc_action(request=TEXT, response=TEXT)
    def Say(self, request, context): ...

    @grpc_action(response=TEXT, response_stream=True)
    async def Watch(self, request, context):
        yield

    @grpc_action(request=TEXT, request_stream=True)
    async def Send(self, request, context): ...

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Talk(self, request, context):
        yield
"""

HANDLERS = """
from django_socio_grpc.services.app_handler_registry import AppHandlerRegistry
from django_socio_grpc.settings import grpc_settings
from plays.services import ActorService, OpenService, PlayService

urlpatterns = []


class SyncPlayService(PlayService):
    service_name = "Play"


def grpc_handlers(server):
    plays = AppHandlerRegistry("plays", server)
    plays.register(PlayService if grpc_settings.GRPC_ASYNC else SyncPlayService)
    plays.register(ActorService)
    plays.register(OpenService)
"""

TABLE = """\
plays.ActorController  plays.services.ActorService
  authentication: BasicAuthentication
  permissions: (IsAuthenticated & (IsAdminUser | ~AllowAny))
  throttles: AnonRateThrottle
  filters: OrderingFilter
  pagination: Pages
    List      unary          offloaded  atomic (default)  ActorListRequest -> ActorListResponse
    Retrieve  unary          offloaded  atomic (default)  ActorRetrieveRequest -> ActorResponse

plays.OpenController  plays.services.OpenService
  permissions: none, so everybody may call
    Knock     unary          async                        Empty -> Empty

plays.PlayController  plays.services.PlayService
  permissions: get_permissions()
    Say       unary          sync                         PlaySayRequest -> PlaySayResponse
    Send      client stream  async                        PlaySendRequest -> Empty
    Talk      bidirectional  sync                         PlayTalkRequest -> PlayTalkResponse
    Watch     server stream  async                        Empty -> PlayWatchResponse
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("project")
    project = Project.make(root)
    (root / "plays/models.py").write_text(
        "from django.db import models\n\n\n"
        "class Actor(models.Model):\n    name = models.CharField(max_length=20)\n"
    )
    (root / "plays/services.py").write_text(SERVICES)
    (root / "handlers.py").write_text(HANDLERS)
    for generated in (root / "plays/grpc").iterdir():
        if generated.is_file():
            generated.unlink()
    done = project.run("generateproto")
    assert done.returncode == 0, done.stdout
    return project


def as_json(project: Project, *args: str) -> list[dict[str, Any]]:
    done = project.run("grpcroutes", "--json", *args)
    assert done.returncode == 0, done.stdout
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_the_table_has_a_paragraph_for_each_service(project: Project) -> None:
    done = project.run("grpcroutes")
    assert (done.returncode, done.stdout) == (0, TABLE)


def test_json_has_everything_of_each_rpc(project: Project) -> None:
    found = as_json(project)
    assert [route["path"] for route in found] == sorted(route["path"] for route in found)
    assert found[0] == {
        "path": "/plays.ActorController/List",
        "service": "plays.services.ActorService",
        "kind": "unary",
        "handler": "offloaded",
        "request": "plays.ActorListRequest",
        "response": "plays.ActorListResponse",
        "atomic": ["default"],
        "authentication": ["BasicAuthentication"],
        "permissions": ["(IsAuthenticated & (IsAdminUser | ~AllowAny))"],
        "throttles": ["AnonRateThrottle"],
        "filters": ["OrderingFilter"],
        "pagination": ["Pages"],
    }


def test_each_server_is_asked_what_it_serves(project: Project) -> None:
    classes = [
        {route["service"] for route in as_json(project, *args) if "Play" in route["path"]}
        for args in ([], ["--sync"])
    ]
    assert classes == [{"plays.services.PlayService"}, {"handlers.SyncPlayService"}]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("plays/grpc/plays_pb2.py", "", "plays.grpc.plays_pb2 is not a generated module"),
        ("handlers.py", "def grpc_handlers(server): ...\nurlpatterns = []", "No service is regis"),
        ("handlers.py", "import nothing", "handlers does not import: "),
    ],
)
def test_what_is_wrong_is_one_line(project: Project, name: str, text: str, message: str) -> None:
    path = Path(project.root, name)
    before = path.read_text()
    path.write_text(text)
    try:
        done = project.run("grpcroutes")
    finally:
        path.write_text(before)
    assert done.returncode == 1
    assert message in done.stdout
    assert done.stdout.startswith("CommandError: ")
    assert "Traceback" not in done.stdout
