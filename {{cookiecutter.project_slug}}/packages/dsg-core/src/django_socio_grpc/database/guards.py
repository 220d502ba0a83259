"""What is around each query on a connection to PostgreSQL."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db.backends.signals import connection_created

from django_socio_grpc import current
from django_socio_grpc.concurrency import Work, current_work
from django_socio_grpc.concurrency.connections import POSTGRESQL, asks_postgresql
from django_socio_grpc.database.cursors import Fetching
from django_socio_grpc.database.pools import replace_lost
from django_socio_grpc.database.timeouts import StatementTimeouts
from django_socio_grpc.database_errors import QUERY_CANCELED, sqlstate_of
from django_socio_grpc.exceptions import Cancelled, DeadlineExceeded, GRPCException
from django_socio_grpc.settings import grpc_settings

CANCEL_PATIENCE = 5.0
"""Seconds that the database has to take a cancellation."""
ENDS = ("RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")
"""How a block within a transaction ends, which is never stopped halfway."""

Query = Callable[..., Any]

_timeouts = StatementTimeouts()


class Guard:
    """An execute wrapper of Django's, for the connections that one thread opens to one database.

    It lets the end of a call or of a job cancel the query that runs for it, and no other, and
    tells the database the call's deadline.
    """

    def __init__(self, *, cancels: bool, limits: bool) -> None:
        self._cancels = cancels
        self._limits = limits
        self._driver: Any = None
        self._limited: Work | None = None
        self._cancel: Callable[[], None]

    def __call__(
        self, execute: Query, sql: Any, params: Any, many: bool, around: dict[str, Any]
    ) -> Any:
        connection, cursor = around["connection"], around["cursor"]
        driver = connection.connection
        if driver is not self._driver:
            self._driver, self._cancel = driver, _cancel_of(driver)
            self._limited = None
        work = current_work() if self._cancels else None
        if self._limits and (work is None or work is not self._limited):
            _timeouts.limit(connection, _seconds_left())
            self._limited = work
        if work is None or (isinstance(sql, str) and sql.startswith(ENDS)):
            return execute(sql, params, many, around)
        if getattr(cursor.cursor, "name", None):  # the server's, which is asked for rows later
            cursor.cursor = Fetching(cursor.cursor, self._fetch)
        return self._run(work, execute, sql, params, many, around)

    def _fetch(self, query: Query, *args: Any) -> Any:
        work = current_work()  # the next rows may be for another job
        return query(*args) if work is None else self._run(work, query, *args)

    def _run(self, work: Work, query: Query, *args: Any) -> Any:
        if not work.begin(self._cancel):
            raise _ending()
        try:
            return query(*args)
        except Exception as exc:
            if sqlstate_of(exc) == QUERY_CANCELED and (work.stopped or _is_late()):
                work.tell()
                raise _ending() from exc
            raise
        finally:
            work.end()


def guard_connections() -> None:
    """Have each connection to PostgreSQL guarded that is opened from now on."""
    connection_created.connect(_guard, dispatch_uid=f"{__name__}._guard")


def stops_queries() -> bool:
    """Whether there are queries that the end of a call cancels."""
    return grpc_settings.CANCEL_QUERIES and asks_postgresql()


def _guard(connection: Any, **_: Any) -> None:
    if connection.vendor != POSTGRESQL:
        return
    replace_lost(connection)
    guards = [each for each in connection.execute_wrappers if isinstance(each, Guard)]
    cancels, limits = grpc_settings.CANCEL_QUERIES, grpc_settings.STATEMENT_TIMEOUTS
    # A pooler of transactions would hand the setting on to other clients.
    limits = limits and not connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS")
    if (cancels or limits) and not guards:
        # The outermost: others come and go, and each takes the last one away.
        connection.execute_wrappers.insert(0, Guard(cancels=cancels, limits=limits))


def _cancel_of(driver: Any) -> Callable[[], None]:
    safe = getattr(driver, "cancel_safe", None)
    return driver.cancel if safe is None else partial(safe, timeout=CANCEL_PATIENCE)


def _seconds_left() -> float | None:
    """Seconds until the deadline of the call that this thread works for, if it has one.

    What outlives its call has none.
    """
    service = current.service()
    if service is None or not service.context.is_active():
        return None
    return service.context.time_remaining()  # type: ignore[no-any-return]


def _is_late() -> bool:
    service = current.service()
    return service is not None and service.context.time_remaining() == 0


def _ending() -> GRPCException:
    return DeadlineExceeded() if _is_late() else Cancelled()
