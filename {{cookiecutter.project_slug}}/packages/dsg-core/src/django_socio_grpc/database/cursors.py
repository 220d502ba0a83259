"""Cursors of the server, which are asked for their rows bit by bit."""

from collections.abc import Callable, Iterator
from typing import Any

Fetch = Callable[..., Any]


class Fetching:
    """A driver's ``cursor`` whose rows come by ``fetch(method, *args)``.

    Each fetch is a query, and none that Django's execute wrappers see.
    """

    def __init__(self, cursor: Any, fetch: Fetch) -> None:
        self._cursor = cursor
        self._fetch = fetch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def __iter__(self) -> Iterator[Any]:
        while (row := self.fetchone()) is not None:
            yield row

    def fetchone(self) -> Any:
        return self._fetch(self._cursor.fetchone)

    def fetchmany(self, size: int = 0) -> Any:
        return self._fetch(self._cursor.fetchmany, size)

    def fetchall(self) -> Any:
        return self._fetch(self._cursor.fetchall)
