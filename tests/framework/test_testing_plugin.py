"""The fixtures for pytest, and Django's own test runner, in a project of their own.

Its database is in memory, which no second connection can open without locking it.
"""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import django_socio_grpc
import pytest

FILES = {
    "manage.py": "from django.core import management; management.execute_from_command_line()\n",
    "settings.py": """
SECRET_KEY = "test"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
INSTALLED_APPS += ["django_socio_grpc", "shelf"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
GRPC_FRAMEWORK = {"ROOT_HANDLERS_HOOK": "shelf.handlers.grpc_handlers"}
""",
    "pytest.ini": "[pytest]\naddopts = --strict-markers\n",
    "shelf/__init__.py": "",
    "shelf/grpc/__init__.py": "",
    "shelf/models.py": """
from django.db import models


class Book(models.Model):
    title = models.CharField(max_length=50)
""",
    "shelf/services.py": """
from django_socio_grpc import generics, proto_serializers
from rest_framework.permissions import IsAuthenticatedOrReadOnly

from shelf.models import Book


class BookProtoSerializer(proto_serializers.ModelProtoSerializer):
    class Meta:
        model = Book
        fields = ["id", "title"]


class BookService(generics.AsyncModelService):
    queryset = Book.objects.order_by("id")
    serializer_class = BookProtoSerializer
    permission_classes = [IsAuthenticatedOrReadOnly]
""",
    "shelf/handlers.py": """
from django_socio_grpc.services.app_handler_registry import AppHandlerRegistry
from shelf.services import BookService


def grpc_handlers(server):
    AppHandlerRegistry("shelf", server).register(BookService)
""",
    "test_fixtures.py": """
import grpc
import pytest
from django.contrib.auth.models import User
from shelf.models import Book
from shelf.services import BookService


@pytest.mark.django_db
def test_in_a_transaction(grpc_stub, grpc_server):
    book = Book.objects.create(title="one")
    books = grpc_stub(BookService)
    assert grpc_server.mode == "aio"
    assert books.Retrieve(id=book.pk).title == "one"
    with pytest.raises(grpc.RpcError):
        books.Create(title="two")
    with grpc_server.assert_max_queries(1):
        books.as_user(User.objects.create(username="ada")).Create(title="two")
    assert Book.objects.count() == 2


def test_the_database_comes_first(grpc_stub, db):
    Book.objects.create(title="one")
    assert [book.title for book in grpc_stub(BookService).List().results] == ["one"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.grpc_mode("sync")
def test_a_marker(grpc_stub, grpc_server):
    assert grpc_server.mode == "sync"
    Book.objects.create(title="one")
    assert len(grpc_stub(BookService).List().results) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("grpc_mode", ["aio", "sync"])
def test_both_modes(grpc_stub, grpc_server, grpc_mode):
    assert grpc_server.mode == grpc_mode
    Book.objects.create(title="one")
    assert len(grpc_stub(BookService).List().results) == 1


@pytest.mark.django_db
def test_async_stubs(grpc_astub):
    import asyncio

    Book.objects.create(title="one")

    async def main():
        return await grpc_astub(BookService).List()

    assert len(asyncio.run(main()).results) == 1


def test_a_test_without_the_database(grpc_stub):
    with pytest.raises(grpc.RpcError):
        grpc_stub(BookService).List()
""",
    "shelf/tests.py": """
from django.contrib.auth.models import User
from django_socio_grpc.testing import GRPCTestCase, GRPCTransactionTestCase
from shelf.models import Book
from shelf.services import BookService


class BookTests(GRPCTestCase):
    @classmethod
    def setUpTestData(cls):
        cls.book = Book.objects.create(title="one")

    def test_calls(self):
        self.assertEqual(self.stub(BookService).Retrieve(id=self.book.pk).title, "one")

    async def test_async_calls(self):
        user = await User.objects.acreate(username="ada")
        books = self.astub(BookService).as_user(user)
        await books.Update(id=self.book.pk, title="two")
        await self.book.arefresh_from_db()
        self.assertEqual(self.book.title, "two")


class SyncBookTests(BookTests):
    grpc_mode = "sync"


class OwnConnections(GRPCTransactionTestCase):
    def test_calls(self):
        Book.objects.create(title="one")
        with self.assertNumQueries(1):
            self.assertEqual(len(self.stub(BookService).List().results), 1)
""",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shelves")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text)
    assert "shelf_pb2" in run(folder, "manage.py", "generateproto")
    return folder


def run(folder: Path, *args: str) -> str:
    done = subprocess.run(
        [sys.executable, *args],
        cwd=folder,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "settings",
            "PYTHONPATH": str(Path(django_socio_grpc.__file__).parents[1]),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_fixtures(project: Path) -> None:
    # Named, for an installation made before has no entry point for it.
    plugin = ("-p", "django_socio_grpc.pytest_plugin")
    assert "7 passed" in run(project, "-m", "pytest", "-q", *plugin, "test_fixtures.py")


def test_the_plugin_is_an_entry_point_of_the_distribution() -> None:
    pyproject = Path(django_socio_grpc.__file__).parents[2] / "pyproject.toml"
    entries = tomllib.loads(pyproject.read_text())["project"]["entry-points"]["pytest11"]
    assert entries == {"django_socio_grpc.pytest_plugin": "django_socio_grpc.pytest_plugin"}


def test_cases_under_djangos_runner(project: Path) -> None:
    assert "Ran 5 tests" in run(project, "manage.py", "test", "shelf")


def test_cases_under_djangos_runner_in_processes(project: Path) -> None:
    assert "Ran 5 tests" in run(project, "manage.py", "test", "shelf", "--parallel", "2")
