"""``DATABASE_URL``: both forms, and what is said of any other."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.database import configure

BASE = Path("/project")


def test_a_relative_sqlite_file_is_one_of_the_project() -> None:
    assert configure("sqlite:///db.sqlite3", BASE, 1)["NAME"] == BASE / "db.sqlite3"


def test_an_absolute_sqlite_file() -> None:
    assert configure("sqlite:////data/my%20db.sqlite3", BASE, 1)["NAME"] == Path(
        "/data/my db.sqlite3"
    )


def test_postgresql_with_everything() -> None:
    entry = configure("postgresql://ann:p%40ss@db.example:6432/polls?sslmode=require", BASE, 7)
    assert entry["ENGINE"] == "django.db.backends.postgresql"
    assert (entry["USER"], entry["PASSWORD"]) == ("ann", "p@ss")
    assert (entry["HOST"], entry["PORT"], entry["NAME"]) == ("db.example", "6432", "polls")
    assert entry["OPTIONS"]["sslmode"] == "require"
    assert entry["OPTIONS"]["pool"]["max_size"] == 7


def test_postgresql_that_does_not_answer_is_not_waited_for() -> None:
    options = configure("postgresql://host/polls", BASE, 1)["OPTIONS"]
    assert (options["connect_timeout"], options["pool"]["timeout"]) == (5, 5)
    asked = configure("postgresql://host/polls?connect_timeout=2", BASE, 1)["OPTIONS"]
    assert int(asked["connect_timeout"]) == 2
    assert asked["keepalives_idle"] == 30


def test_postgresql_over_its_socket() -> None:
    entry = configure("postgres:///polls", BASE, 1)
    assert (entry["HOST"], entry["PORT"], entry["NAME"]) == ("", "", "polls")


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("", "is not set and DEBUG is off"),
        ("mysql://host/name", "begins with 'mysql'"),
        ("db.sqlite3", "begins with 'db.sqlite3'"),
        ("sqlite://db.sqlite3", "names no SQLite file"),
        ("postgresql://host", "names no database"),
        ("postgresql://host:port/name", "does not parse"),
    ],
)
def test_another_url_is_refused_in_one_line(url: str, what: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        configure(url, BASE, 1)
    message = str(caught.value)
    assert what in message
    assert message.endswith("Set it in the environment or in .env.")
    assert "\n" not in message


def test_an_error_does_not_show_the_password() -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        configure("postgresql://ann:hunter2@host:port/name", BASE, 1)
    assert "hunter2" not in str(caught.value)
