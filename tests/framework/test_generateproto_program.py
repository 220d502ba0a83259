"""``manage.py generateproto`` as a program: exit codes, the current folder, no database."""

import os
import subprocess
import sys
from pathlib import Path

import django_socio_grpc
import pytest

SETTINGS = """
SECRET_KEY = "test"
INSTALLED_APPS = ["django.contrib.contenttypes", "django_socio_grpc", "shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1",
                         "PORT": "1", "NAME": "there-is-no-such-database"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "handlers"
"""
HANDLERS = """
from django_socio_grpc.services.app_handler_registry import AppHandlerRegistry
from shop.services import ItemService

def grpc_handlers(server):
    AppHandlerRegistry("shop", server).register(ItemService)
"""
MODELS = """
from django.db import models

class Item(models.Model):
    name = models.CharField(max_length=10)
"""
SERVICES = """
from django_socio_grpc import generics
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from rest_framework import serializers
from shop.models import Item
{imports}

class ItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = Item
        fields = ["id", "name"]

class ItemService(generics.ModelService):
    queryset = Item.objects.all()
    serializer_class = ItemSerializer

    @grpc_action(request=[{{"name": "name", "type": "string"}}])
    def Find(self, request: {annotation}, context):
        "Look for an item."
"""
MANAGE = "from django.core import management; management.execute_from_command_line()"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "__init__.py").touch()
    (root / "manage.py").write_text(MANAGE)
    (root / "settings.py").write_text(SETTINGS)
    (root / "handlers.py").write_text(HANDLERS)
    (root / "shop" / "models.py").write_text(MODELS)
    write_services(root)
    return root


def write_services(root: Path, imports: str = "", annotation: str = "None") -> None:
    text = SERVICES.format(imports=imports, annotation=annotation)
    (root / "shop" / "services.py").write_text(text)


def generateproto(
    root: Path, *args: str, cwd: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(root / "manage.py"), "generateproto", *args],
        cwd=cwd or root,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "settings",
            "PYTHONPATH": str(Path(django_socio_grpc.__file__).parent.parent),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_result_does_not_depend_on_the_current_folder_or_on_a_database(
    project: Path, tmp_path: Path
) -> None:
    """Known defect of other implementations: the result depends on both."""
    (tmp_path / "elsewhere").mkdir()
    here = generateproto(project, "--dry-run")
    elsewhere = generateproto(project, cwd=tmp_path / "elsewhere")
    assert (here.returncode, elsewhere.returncode) == (0, 0), here.stderr + elsewhere.stderr
    written = (project / "shop" / "grpc" / "shop.proto").read_text()
    assert written.strip() == here.stdout.strip()
    assert list((tmp_path / "elsewhere").iterdir()) == []
    inside = generateproto(project, "--check", cwd=project / "shop")
    assert inside.returncode == 0, inside.stderr


def test_failed_check_exits_with_one_and_no_traceback(project: Path) -> None:
    done = generateproto(project, "--check")
    assert done.returncode == 1
    assert "shop.proto is missing" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (project / "shop" / "grpc").exists()


@pytest.mark.parametrize(
    ("imports", "annotation"),
    [
        ("from shop.grpc import shop_pb2", "shop_pb2.ItemFindRequest"),
        ("from shop.grpc.shop_pb2 import ItemFindRequest", "ItemFindRequest"),
        ("import shop.grpc.shop_pb2_grpc", "shop.grpc.shop_pb2_grpc.ItemController"),
    ],
)
def test_services_may_import_what_is_not_generated_yet(
    project: Path, imports: str, annotation: str
) -> None:
    write_services(project, imports, annotation)
    done = generateproto(project)
    assert done.returncode == 0, done.stderr
    stub = (project / "shop" / "grpc" / "shop_pb2.pyi").read_text()
    assert "class ItemFindRequest(_message.Message):" in stub


@pytest.mark.parametrize(
    ("folder", "imports", "annotation"),
    [
        (
            "protos.v1",
            "from shop.protos.v1 import (\n    shop_pb2,\n)",
            "shop_pb2.ItemFindRequest",
        ),
        ("pb", "from .pb import shop_pb2", "shop_pb2.ItemFindRequest"),
        ("pb", "from shop.pb.shop_pb2 import ItemFindRequest", "ItemFindRequest"),
        ("pb", "import shop.pb.shop_pb2_grpc as stubs", "stubs.ItemController"),
    ],
)
def test_the_folder_of_the_contract_may_have_any_name(
    project: Path, folder: str, imports: str, annotation: str
) -> None:
    text = HANDLERS.replace('"shop", server)', f'"shop", server, grpc_folder="{folder}")')
    (project / "handlers.py").write_text(text)
    write_services(project, imports, annotation)
    done = generateproto(project)
    assert done.returncode == 0, done.stderr
    stub = project.joinpath("shop", *folder.split("."), "shop_pb2.pyi")
    assert "class ItemFindRequest(_message.Message):" in stub.read_text()


def test_a_missing_module_of_an_app_that_is_not_generated_is_still_missing(project: Path) -> None:
    write_services(project, "from shop.typo import shop_pb")
    done = generateproto(project)
    assert done.returncode == 1
    assert "No module named 'shop.typo'" in done.stderr
    assert "services.py, line 7: from shop.typo import shop_pb" in done.stderr


@pytest.mark.parametrize("stale", ["", "<<<<<<< HEAD\n", "raise RuntimeError('other protobuf')"])
def test_services_may_import_stale_or_broken_modules(project: Path, stale: str) -> None:
    assert generateproto(project).returncode == 0
    (project / "shop" / "grpc" / "shop_pb2.py").write_text(stale)
    write_services(project, "from shop.grpc.shop_pb2 import ItemFindRequest", "ItemFindRequest")
    done = generateproto(project)
    assert done.returncode == 0, done.stderr
    assert "NO CHECKED-IN" in (project / "shop" / "grpc" / "shop_pb2.py").read_text()


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("handlers.py", "import no_such_module", ["handlers.grpc_handlers", "no_such_module"]),
        ("handlers.py", "", ["handlers.grpc_handlers"]),
        (
            "handlers.py",
            HANDLERS.replace('"shop"', '"no_such_app"'),
            ["no_such_app"],
        ),
        ("shop/services.py", "import other_pb2", ["'other_pb2'", "services.py, line 1"]),
        (
            "settings.py",
            SETTINGS + 'GRPC_FRAMEWORK = {"ROOT_HANDLERS_HOOK": 7}',
            ["ROOT_HANDLERS_HOOK"],
        ),
    ],
)
def test_wrong_configuration_is_one_message(
    project: Path, name: str, text: str, expected: list[str]
) -> None:
    (project / name).write_text(text)
    done = generateproto(project)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for word in expected:
        assert word in done.stderr
