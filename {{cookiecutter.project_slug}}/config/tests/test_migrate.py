"""``python -m config.migrate``: a database that is brought up to date, and one that cannot be."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.migrations.exceptions import MigrationSchemaMissing

from config import database, migrate

PROJECT = Path(migrate.__file__).parents[1]


def run(url: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "config.migrate", *arguments],
        cwd=PROJECT,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
    )


def test_an_empty_database_is_migrated_in_silence(tmp_path: Path) -> None:
    file = tmp_path / "new.sqlite3"
    done = run(f"sqlite:///{file}", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert file.stat().st_size > 0


def test_a_deployment_is_told_what_was_done(tmp_path: Path) -> None:
    done = run(f"sqlite:///{tmp_path}/new.sqlite3")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Applying grpc_apikeys.0001_initial... OK" in done.stdout


@pytest.mark.django_db
def test_a_user_without_rights_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **options: Any) -> None:
        raise MigrationSchemaMissing("Unable to create it (permission denied\nLINE 1: CREATE ^)")

    monkeypatch.setattr(migrate, "call_command", refuse)
    with pytest.raises(ImproperlyConfigured) as caught:
        migrate.migrate()
    assert str(caught.value).startswith("Unable to create it (permission denied). Give the user")


@pytest.mark.django_db
def test_no_model_differs_from_its_migrations(capsys: pytest.CaptureFixture[str]) -> None:
    migrate.migrate()
    assert migrate.changed_apps() == []
    assert capsys.readouterr().err == ""
    assert "django_migrations" in connection.introspection.table_names()


def test_an_unusable_database_is_one_line() -> None:
    done = run("postgresql://ann:hunter2@127.0.0.1:1/polls")
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert line.startswith("error: DATABASE_URL is postgresql://ann@127.0.0.1:1/polls, and cannot")
    assert "Start the server, create the database, or correct it" in line
    assert "hunter2" not in line


def entry(url: str) -> dict[str, Any]:
    # What Django adds to an entry when it reads the settings.
    return {"TIME_ZONE": None, "AUTOCOMMIT": True, "CONN_HEALTH_CHECKS": False} | (
        database.configure(url, PROJECT, pool_size=1)
    )


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"there is no folder .*missing\. Make it"):
        database.check(entry(f"sqlite:///{tmp_path}/missing/db.sqlite3"))


@pytest.mark.django_db
def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.sqlite3").write_text("This is a text, and no database. " * 100)
    with pytest.raises(ImproperlyConfigured, match=r"text.sqlite3.*: file is not a database"):
        database.check(entry(f"sqlite:///{tmp_path}/text.sqlite3"))
