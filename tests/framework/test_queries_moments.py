"""Moments that compiled queries read are those that Django reads."""

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.test import override_settings
from django.utils import timezone
from django_socio_grpc.queries.moments import quick, quicken
from django_socio_grpc.queries.statement import compiled
from library.models import Author, Book

pytestmark = pytest.mark.django_db

UTC = datetime.UTC
SQLITE: Any = DatabaseWrapper({"TIME_ZONE": None}, "unopened")
MOMENTS = [
    datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    datetime.datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=UTC),
    datetime.datetime(2026, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC),
    datetime.datetime(1, 1, 2, tzinfo=UTC),
    datetime.datetime(999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime.datetime(9999, 12, 30, tzinfo=UTC),
]
TEXTS = [
    "2026-01-02 03:04:05.6789",
    "2026-01-02 03:04:05+05:30",
    "0044-03-15 01:02:03 BC",
    "12026-01-02 03:04:05",
    "infinity",
]


@pytest.fixture
def queryset() -> Iterator[Any]:
    author = Author.objects.create(name="Jane")
    Book.objects.bulk_create(Book(title="Emma", author=author) for _ in MOMENTS)
    for book, moment in zip(Book.objects.order_by("pk"), MOMENTS, strict=True):
        Book.objects.filter(pk=book.pk).update(created=moment)
    yield Book.objects.order_by("pk")
    Author.objects.all().delete()


def read(queryset: Any) -> list[Any]:
    """What is in the column ``created``, by the compiled query."""
    statement = compiled(queryset, "default")
    assert statement is not None
    position = statement.names.index("created")
    found = [row[position] for row in statement.rows()]
    assert found == [row[position] for rows in statement.chunks(2) for row in rows]
    return found


def test_moments_are_those_of_django(queryset: Any) -> None:
    found = read(queryset)
    assert found == MOMENTS == [book.created for book in queryset]
    assert {moment.tzinfo for moment in found} == {UTC}


def test_so_they_are_in_another_time_zone_of_the_project(queryset: Any) -> None:
    with override_settings(TIME_ZONE="Asia/Tokyo"), timezone.override("America/Chicago"):
        found = read(queryset)
        assert found == MOMENTS == [book.created for book in queryset]
        assert {moment.tzinfo for moment in found} == {UTC}


@pytest.fixture
def in_tokyo(monkeypatch: Any) -> Iterator[None]:
    """The database has a time zone of its own."""

    opened: Any = connections["default"]

    def forget() -> None:
        for name in ("timezone", "timezone_name"):
            vars(opened).pop(name, None)
        opened.ensure_timezone()

    with monkeypatch.context() as patch:
        patch.setitem(opened.settings_dict, "TIME_ZONE", "Asia/Tokyo")
        forget()
        yield
    forget()


def test_so_they_are_in_a_database_with_a_time_zone(queryset: Any, in_tokyo: None) -> None:
    recent = queryset.filter(created__year__gt=1900, created__year__lt=2100)
    expected = [book.created for book in recent]
    found = read(recent)
    assert found == expected
    assert {moment.utcoffset() for moment in found} == {datetime.timedelta(hours=9)}
    assert {moment.utcoffset() for moment in expected} == {datetime.timedelta(hours=9)}


@pytest.mark.parametrize(
    "value",
    [
        None,
        "2026-01-02 03:04:05",
        "2026-01-02",
        *MOMENTS,
        *(moment.replace(tzinfo=None) for moment in MOMENTS),
        datetime.datetime(2026, 1, 2, fold=1),
    ],
    ids=repr,
)
def test_whatever_sqlite_gives_is_taken_as_django_takes_it(value: Any) -> None:
    slow = SQLITE.ops.convert_datetimefield_value
    (fast,) = quick([slow])
    assert fast is not slow
    found, expected = (convert(value, None, SQLITE) for convert in (fast, slow))
    assert found == expected
    assert getattr(found, "tzinfo", None) == getattr(expected, "tzinfo", None)
    assert getattr(found, "fold", None) == getattr(expected, "fold", None)


def test_other_converters_are_left_alone() -> None:
    assert quick([str, SQLITE.ops.convert_datefield_value]) == [
        str,
        SQLITE.ops.convert_datefield_value,
    ]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="PostgreSQL is to give them: set DATABASE_URL"
)
def test_whatever_postgresql_gives_is_taken_as_django_takes_it(text: str) -> None:
    found = []
    for prepare in (quicken, id):
        with connection.cursor() as cursor:
            prepare(cursor)
            cursor.execute("SELECT %s::timestamptz", [text])
            try:
                found.append(cursor.fetchone())
            except DatabaseError as exc:
                found.append((type(exc), str(exc)))
    assert found[0] == found[1]


def test_other_cursors_are_left_alone() -> None:
    with connection.cursor() as cursor:
        quicken(cursor)
        cursor.execute("SELECT 1")
        assert cursor.fetchall() == [(1,)]
    quicken(object())
