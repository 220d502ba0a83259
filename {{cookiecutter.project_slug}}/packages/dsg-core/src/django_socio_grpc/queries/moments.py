"""Moments of rows as Django reads them, where databases send them in UTC, but much faster.

Django gives a moment its time zone by ``replace``, which is slow: for SQLite, and in what it lets
psycopg 3 read. Python reads a text with its offset in one go. What has another form, or another
offset, is left to Django.
"""

import datetime
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, TypeAlias

Converter: TypeAlias = Callable[..., Any]

SQLITE = ("django.db.backends.sqlite3.operations", "convert_datetimefield_value")
POSTGRESQL = "django.db.backends.postgresql.psycopg_any"
AS_TEXT = 0

UTC = datetime.UTC
Moment = datetime.datetime
combine, parse = Moment.combine, Moment.fromisoformat


def quick(functions: Sequence[Converter]) -> list[Converter]:
    """Return the converters of a column, with a quick one in place of Django's for SQLite."""
    return [
        partial(_of_sqlite, function)
        if (function.__module__, getattr(function, "__name__", "")) == SQLITE
        else function
        for function in functions
    ]


def _of_sqlite(convert: Converter, value: Any, column: Any, connection: Any) -> Any:
    if value.__class__ is Moment and value.tzinfo is None and connection.timezone is UTC:
        return combine(value.date(), value.time(), UTC)
    return convert(value, column, connection)


def quicken(cursor: Any) -> None:
    """Let ``cursor``, if it is one of psycopg 3 as Django opens it, load moments quickly."""
    adapters = getattr(cursor, "adapters", None)
    if adapters is None:
        return
    loader = adapters.get_loader(adapters.types["timestamptz"].oid, AS_TEXT)
    if loader.__module__ == POSTGRESQL and loader.timezone is UTC:
        adapters.register_loader("timestamptz", _quick_loader(loader))


@cache
def _quick_loader(loader: Any) -> Any:
    def load(self: Any, data: Any) -> datetime.datetime:
        try:
            moment = parse(str(data, "ascii"))
        except ValueError:
            return loader.load(self, data)  # type: ignore[no-any-return]
        return moment if moment.tzinfo is UTC else loader.load(self, data)

    return type("QuickLoader", (loader,), {"load": load})
