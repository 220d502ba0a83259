"""``manage.py startservice``: what it writes, what it says, and what it refuses."""

import io
import shutil
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django_socio_grpc.management.scaffold.sources import extended
from project import Project

EXISTING = {
    "plays/models.py": """
from django.db import models


class Actor(models.Model):
    name = models.CharField(max_length=20)
    born = models.DateField(null=True)
""",
    "plays/serializers.py": '''
"""What travels."""

from django_socio_grpc import proto_serializers
from plays.models import Actor


class ActorProtoSerializer(proto_serializers.ModelProtoSerializer):
    class Meta:
        model = Actor
        fields = ["id", "name"]
''',
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which the command runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.make(tmp_path_factory.mktemp("project"))
    # Its services are one module; here they are a package.
    services = project.root / "plays/services.py"
    package = project.root / "plays/services/__init__.py"
    package.parent.mkdir()
    services.rename(package)
    for name, text in EXISTING.items():
        (project.root / name).write_text(text.lstrip("\n"))
    return project


@pytest.fixture
def project(template: Project, tmp_path: Path) -> Project:
    """A project with an app that has a model and its serializer."""
    return Project(Path(shutil.copytree(template.root, tmp_path / "project")))


def start(*args: str) -> str:
    out = io.StringIO()
    call_command("startservice", *args, stdout=out)
    return out.getvalue()


def written(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_new_app_gets_everything_that_a_service_needs(folder: Path) -> None:
    said = start("RoomBooking", "--fields", "title:str seats:int day:date? note:text?")
    assert written(folder) == {
        f"room_bookings/{name}"
        for name in (
            "__init__.py",
            "apps.py",
            "grpc/__init__.py",
            "migrations/__init__.py",
            "models.py",
            "serializers.py",
            "services/__init__.py",
            "services/room_booking_service.py",
            "services/room_booking_sync_service.py",
            "tests/__init__.py",
            "tests/test_room_booking_service.py",
        )
    }
    models = (folder / "room_bookings/models.py").read_text()
    assert "title = models.CharField(max_length=200)\n" in models
    assert "day = models.DateField(null=True, blank=True)\n" in models
    assert "note = models.TextField(blank=True)\n" in models
    assert said.count("written  room_bookings/") == 11
    assert '1. Add to INSTALLED_APPS in tests.framework.settings:\n\n    "room_bookings",' in said
    assert "2. Add to library.urls: the imports, and the last lines of the function" in said
    assert said.endswith(
        "3. Run:\n\n"
        "    python manage.py makemigrations room_bookings\n"
        "    python manage.py generateproto\n"
        "    pytest room_bookings\n"
    )


@pytest.mark.parametrize("name", ["RoomBooking", "room_booking", "RoomBookingService"])
def test_a_name_may_be_written_in_each_usual_way(folder: Path, name: str) -> None:
    start(name, "--app", "hotel")
    service = (folder / "hotel/services/room_booking_service.py").read_text()
    assert "class RoomBookingService(generics.AsyncModelService):" in service
    assert (
        'service_name = "RoomBooking"'
        in (folder / "hotel/services/room_booking_sync_service.py").read_text()
    )


@pytest.mark.parametrize(("colour", "base"), [("sync", "ModelService"), ("async", "AsyncModel")])
def test_one_colour_is_one_service_for_both_servers(folder: Path, colour: str, base: str) -> None:
    said = start("Room", f"--{colour}")
    services = folder / "rooms/services"
    assert {path.name for path in services.iterdir()} == {"__init__.py", "room_service.py"}
    assert f"class RoomService(generics.{base}" in (services / "room_service.py").read_text()
    assert "rooms.register(RoomService)\n" in said
    assert "grpc_settings" not in said


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["9x"], "'9x' is not a name for a service. Give one of letters"),
        (["Room.Booking"], "is not a name for a service"),
        (["Service"], "is not a name for a service"),
        (["class"], "'class' is a keyword of Python"),
        (["None"], "'None' is a keyword of Python"),
        (["Room", "--app", "Rooms"], "--app Rooms: no app of the project, and not a name for"),
        (["Room", "--app", "a.b"], "--app a.b: no app of the project"),
        (["Room", "--app", "class"], "--app class: a keyword of Python"),
        (["Room", "--app", "json"], "--app json: there is a Python module of that name"),
        (["Room", "--app", "auth"], "--app auth: django.contrib.auth is an installed package"),
        (["Room", "--fields", " "], "--fields is empty"),
        (["Room", "--fields", "a:int a:str"], "'a' is there twice"),
        (["Room", "--fields", "a:many"], "'a:many': there is no kind 'many', but str, text"),
        (["Room", "--fields", "a:bool?"], "a bool has a default"),
        (["Room", "--fields", "A:int"], "'A' cannot be the name of a field"),
        (["Room", "--fields", "a__b:int"], "'a__b' cannot be the name of a field"),
        (["Room", "--fields", "_a:int"], "'_a' cannot be the name of a field"),
        (["Room", "--fields", "from:int"], "'from' cannot be the name of a field: it is a key"),
        (["Room", "--fields", "id:int"], "'id' cannot be the name of a field: every model"),
        (["Room", "--fields", "save:int"], "'save' cannot be the name of a field: every model"),
    ],
)
def test_what_cannot_be_used_is_refused(folder: Path, args: list[str], message: str) -> None:
    with pytest.raises(CommandError) as caught:
        start(*args)
    assert message in str(caught.value)
    assert written(folder) == set()


def test_a_folder_that_is_no_app_is_left_alone(folder: Path) -> None:
    (folder / "rooms").mkdir()
    with pytest.raises(CommandError, match="is there, and no installed app"):
        start("Room")
    assert written(folder) == set()


def test_no_file_is_overwritten(project: Project) -> None:
    assert project.run("startservice", "Actor", "--app", "plays").returncode == 0
    service = project.root / "plays/services/actor_service.py"
    service.write_text("# mine\n")
    before = written(project.root)
    done = project.run("startservice", "Actor", "--app", "plays")
    assert done.returncode == 1
    assert "plays/services/actor_service.py" in done.stdout
    assert "are there, and no file is overwritten" in done.stdout
    assert service.read_text() == "# mine\n"
    assert written(project.root) == before


def test_a_model_that_is_there_is_served_with_its_fields(project: Project) -> None:
    (project.root / "plays/serializers.py").unlink()
    done = project.run("startservice", "Actor", "--app", "plays")
    assert done.returncode == 0, done.stdout
    serializers = (project.root / "plays/serializers.py").read_text()
    assert 'fields = ["id", "name", "born"]' in serializers
    assert (project.root / "plays/models.py").read_text() == EXISTING["plays/models.py"][1:]
    assert "makemigrations" not in done.stdout
    done = project.run("startservice", "Actor", "--app", "plays", "--fields", "a:int")
    assert "plays has a model Actor already. Leave --fields out to serve it" in done.stdout


def test_a_serializer_that_is_there_is_used(project: Project) -> None:
    before = (project.root / "plays/serializers.py").read_text()
    done = project.run("startservice", "Actor", "--app", "plays")
    assert done.returncode == 0, done.stdout
    assert (project.root / "plays/serializers.py").read_text() == before


def test_a_new_model_is_added_to_the_app(project: Project) -> None:
    done = project.run("startservice", "Role", "--app", "plays", "--fields", "text:str")
    assert done.returncode == 0, done.stdout
    models = (project.root / "plays/models.py").read_text()
    assert models.startswith(EXISTING["plays/models.py"].strip())
    assert "\n\n\nclass Role(models.Model):\n" in models
    serializers = (project.root / "plays/serializers.py").read_text()
    assert serializers.startswith(
        '"""What travels."""\n\n'
        "from django_socio_grpc import proto_serializers\n"
        "from plays.models import Actor, Role\n"
    )
    assert "added to plays/models.py\nadded to plays/serializers.py\n" in done.stdout


def test_the_lines_to_add_go_on_from_those_that_are_there(project: Project) -> None:
    (project.root / "handlers.py").write_text(
        "from django_socio_grpc.services.app_handler_registry import AppHandlerRegistry\n"
        "from plays.services import PlayService\n\nurlpatterns = []\n\n\n"
        "def grpc_handlers(server):\n"
        '    registry = AppHandlerRegistry("plays", server)\n'
        "    registry.register(PlayService)\n"
    )
    done = project.run("startservice", "Actor", "--app", "plays")
    assert done.stdout.partition("of the function\n\n")[2].partition("\n2. ")[0] == (
        "    from django_socio_grpc.settings import grpc_settings\n"
        "    from plays.services.actor_service import ActorService\n"
        "    from plays.services.actor_sync_service import ActorSyncService\n\n"
        "        registry.register(\n"
        "            ActorService if grpc_settings.GRPC_ASYNC else ActorSyncService\n"
        "        )\n"
    )


@pytest.mark.parametrize(
    ("gone", "name", "text", "message"),
    [
        ("", "plays/models.py", "class Role: ...\n", "models.py has a Role already"),
        ("", "plays/serializers.py", "class :\n", "serializers.py:1 is not Python"),
        ("plays/services", "plays/services.py", "", "services.py is a module, and the services"),
        ("plays/models.py", "plays/models/__init__.py", "", "Add the model Role to it"),
    ],
)
def test_what_is_in_the_way_is_named(
    project: Project, gone: str, name: str, text: str, message: str
) -> None:
    if gone:
        (project.root / gone).rename(project.root / "gone")
    (project.root / name).parent.mkdir(exist_ok=True)
    (project.root / name).write_text(text)
    before = written(project.root)
    done = project.run("startservice", "Role", "--app", "plays")
    assert done.returncode == 1
    assert message in done.stdout
    assert "Traceback" not in done.stdout
    assert written(project.root) == before


def handlers(server: object) -> None: ...


@pytest.mark.parametrize(
    ("hook", "module"), [(handlers, __name__), ("nowhere.at.all", "nowhere.at")]
)
def test_all_lines_are_said_where_none_is_there(folder: Path, hook: object, module: str) -> None:
    with override_settings(GRPC_FRAMEWORK={"ROOT_HANDLERS_HOOK": hook}):
        said = start("Room", "--async")
    assert f"Add to {module}: the imports, and the last lines of the function" in said
    assert (
        "    from django_socio_grpc.services.app_handler_registry import AppHandlerRegistry\n"
        "    from rooms.services.room_service import RoomService\n\n"
        '        rooms = AppHandlerRegistry("rooms", server)\n'
        "        rooms.register(RoomService)\n"
    ) in said


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"""D."""\n', '"""D."""\nfrom a.models import Room\n\n\n'),
        ("import os\n\nx = 1\n", "import os\nfrom a.models import Room\n\nx = 1\n\n\n"),
        ("from a.models import (\n    A,\n)\n", "from a.models import A, Room\n\n\n"),
        ("from a.models import Room\n", "from a.models import Room\n\n\n"),
        (
            f"from a.models import {'B' * 40}, {'C' * 40}\n",
            f"from a.models import (\n    {'B' * 40},\n    {'C' * 40},\n    Room,\n)\n\n\n",
        ),
    ],
)
def test_an_import_goes_to_the_others(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "serializers.py"
    path.write_text(before)
    cls = "class RoomProtoSerializer: ...\n"
    assert extended(path, "from a.models import Room\n", cls) == f"{after}{cls}"


def test_requests_of_tests_hold_messages_where_the_contract_does(folder: Path) -> None:
    with override_settings(GRPC_FRAMEWORK={"WELL_KNOWN_TYPES": True}):
        start("Room", "--fields", "day:date name:str")
    test = (folder / "rooms/tests/test_room_service.py").read_text()
    assert '"day": "2030-01-02",\n    "name": "Anything",\n}\nSENT: dict' in test
    assert 'VALUES | {\n    "day": {"year": 2030, "month": 1, "day": 2},\n}\n\n\n' in test
    assert "rooms_pb2.RoomRequest(**SENT)" in test
