"""``manage.py startservice`` in an app that is there: what it adds, and what is in its way."""

from pathlib import Path

import pytest
from project import Project
from scaffolds import written

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
    return template.copied_to(tmp_path / "project")


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
