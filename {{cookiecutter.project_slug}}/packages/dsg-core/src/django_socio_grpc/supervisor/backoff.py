"""How long to wait until a worker that has crashed is started again."""

import time

STEADY = 10.0
"""Seconds of work after which a crash is one by itself, and not one of a row."""
FIRST = 0.25
MOST = 30.0


class Backoff:
    """After the first crash of a worker no time at all; then twice as long with each in a row."""

    def __init__(self) -> None:
        self._rows: dict[int, int] = {}

    def after_crash(self, number: int, listened_since: float | None) -> float:
        """Return the seconds to wait for the next worker ``number``.

        ``listened_since`` is since when, by ``time.monotonic()``, the last one took calls, or
        None if it never did.
        """
        steady = listened_since is not None and time.monotonic() - listened_since >= STEADY
        row = 0 if steady else self._rows.get(number, 0)
        self._rows[number] = row + 1
        return min(MOST, FIRST * 2 ** (row - 1)) if row else 0.0
