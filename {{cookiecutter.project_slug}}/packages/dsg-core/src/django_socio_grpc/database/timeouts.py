"""How long PostgreSQL lets the statements of a call run, should nobody be left to cancel them."""

from typing import Any
from weakref import WeakKeyDictionary

STEPS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
"""Seconds. A timeout is rounded up to one of them, so that most calls find it set already."""

SLACK = 4
"""A timeout stays if it is at most so many times what a call needs: setting it is a round trip,
and the exact end of a call comes by a cancellation."""

MILLISECONDS = 1000
NEVER = 0


class Timeout:
    """The ``statement_timeout`` of one connection, in seconds, 0 for none.

    ``role`` is what it has from its role or its database, ``now`` what it was set to, or that.
    """

    __slots__ = ("now", "role")

    def __init__(self, role: float) -> None:
        self.role = self.now = role


class StatementTimeouts:
    """Sets ``statement_timeout`` as the deadlines of calls need it, where it is not set so yet.

    It is a setting of the session, and set outside of transactions alone: one that is rolled back
    would take it along.
    """

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Any, Timeout] = WeakKeyDictionary()

    def limit(self, connection: Any, seconds: float | None) -> None:
        """Let no statement on ``connection``, a wrapper of Django's, run much over ``seconds``.

        None gives it back what its role has. Within a transaction nothing changes.
        """
        driver = connection.connection
        known = self._known.get(driver)
        if known is None:
            if seconds is None or not _is_idle(driver):
                return
            with connection.wrap_database_errors:
                known = self._known[driver] = Timeout(_ask(driver))
        wanted = _wanted(known, seconds)
        if wanted == known.now or not _is_idle(driver):
            return
        value = "DEFAULT" if wanted == known.role else str(round(wanted * MILLISECONDS))
        with connection.wrap_database_errors:
            _execute(driver, f"SET statement_timeout TO {value}")
        known.now = wanted


def _wanted(known: Timeout, seconds: float | None) -> float:
    """What the timeout is to be for a call with so many ``seconds`` left."""
    role = known.role
    if seconds is None:
        return role
    if known.now != role and seconds <= known.now <= max(STEPS[0], seconds) * SLACK:
        return known.now
    step = next((step for step in STEPS if seconds <= step), NEVER)
    return role if step == NEVER or NEVER < role <= step else step


def _is_idle(driver: Any) -> bool:
    return bool(driver.info.transaction_status == 0)  # by libpq's count, in every driver


def _ask(driver: Any) -> float:
    sql = "SELECT setting FROM pg_settings WHERE name = 'statement_timeout'"
    return int(_execute(driver, sql)[0]) / MILLISECONDS


def _execute(driver: Any, sql: str) -> Any:
    """Run ``sql`` past Django, for whom it is no query of the call's, and return its first row."""
    # A statement would begin a transaction here if the call is about to begin one.
    autocommit = driver.autocommit
    driver.autocommit = True
    try:
        with driver.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone() if cursor.description else None
    finally:
        driver.autocommit = autocommit
