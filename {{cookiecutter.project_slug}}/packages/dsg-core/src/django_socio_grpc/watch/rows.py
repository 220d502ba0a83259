"""Rows that many watchers are told of, read once for all of them."""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from time import monotonic
from typing import Any, TypeAlias

from django.db.models import Model

LIMIT = 1000
"""Rows that are kept. Each serves the watchers that hear of one change, at about one time."""

Read: TypeAlias = Callable[[list[Any]], Mapping[Any, Model]]


class SharedRows:
    """The rows of a service whose callers all see the same ones.

    A row counts for a watcher if its query began after the last change that the watcher has heard
    of. Each gets a copy, for what permissions and serializers note in it is of one caller.
    """

    def __init__(self) -> None:
        # Each operation on the dict is one step, so that it needs no lock. Two threads may read
        # the same row, which costs a query.
        self._rows: dict[Any, tuple[float, Model | None]] = {}

    def get(self, keys: Iterable[Any], since: float, read: Read) -> Mapping[Any, Model]:
        """Return those of the rows that are there, as they were at ``since`` or later."""
        found = {}
        missing = []
        for key in keys:
            began, row = self._rows.get(key, (-1.0, None))
            if began < since:
                missing.append(key)
            elif row is not None:
                found[key] = copy(row)
        if missing:
            began = monotonic()
            rows = read(missing)
            if len(self._rows) + len(missing) > LIMIT:
                self._rows.clear()
            for key in missing:
                row = rows.get(key)
                self._rows[key] = began, row
                if row is not None:
                    found[key] = copy(row)
        return found
