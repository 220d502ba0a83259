"""``manage.py startservice``: what it writes, what it says, and what it refuses."""

from pathlib import Path

import pytest
from django.core.management import CommandError
from django.test import override_settings
from django_socio_grpc.management.scaffold.sources import extended
from scaffolds import start, written


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which the command runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


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
