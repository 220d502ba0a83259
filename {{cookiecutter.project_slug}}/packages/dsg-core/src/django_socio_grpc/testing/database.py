"""The database of a test that ends with a rollback, for a server that runs in other threads.

Its threads use the test's own connections, so that handlers see the rows which the test has not
committed, and the rollback undoes what they do.
"""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

from django.db import connections

from django_socio_grpc.concurrency import lending
from django_socio_grpc.context import Context

SAVEPOINT_WORDS = {"SAVEPOINT", "RELEASE", "ROLLBACK", "SAVE"}

CLOSE = ("close", "close_if_unusable_or_obsolete")
"""Methods of a connection that are its owner's alone. A server calls them around each call."""


class TestConnections:
    """The connections of the current thread, which is a test's. ``shared`` are those to lend:
    the ones in a transaction, and those of a database in memory, which no other thread can open
    without locking it.
    """

    __test__ = False  # it is no test case

    def __init__(self) -> None:
        self.owner = threading.get_ident()
        found: list[Any] = list(connections.all(initialized_only=True))
        self.all = found
        self.shared = [each for each in found if each.in_atomic_block or _in_memory(each)]

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Let the threads of servers that begin in the block use the shared connections."""
        with lending(self.shared), ExitStack() as guarded:
            guarding = [guard.connection for guard in _guards]  # another server's, for a while
            for connection in self.shared:
                if connection in guarding:
                    continue
                guarded.enter_context(Guard(connection, self.owner).installed())
            yield


class Guard:
    """Keeps the threads of a shared connection apart, one statement at a time.

    In production each statement of a handler without a transaction stands for itself. Here it is
    inside of the test's transaction, which a statement that fails must not end: so what failed
    for the server is taken back alone. ``owner`` is the test's thread, by its identifier.
    """

    def __init__(self, connection: Any, owner: int) -> None:
        self.connection = connection
        self._owner = owner
        self._depth = len(connection.savepoint_ids)
        self._lock = threading.RLock()
        self._failed = False
        self._names = (f"dsg_statement_{number}" for number in itertools.count())

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Guard the connection in the block."""
        connection = self.connection
        connection.execute_wrappers.append(self._run)
        for name in CLOSE:
            setattr(connection, name, self._for_owner(getattr(connection, name)))
        _guards.append(self)
        try:
            yield
        finally:
            _guards.remove(self)
            for name in CLOSE:
                delattr(connection, name)
            connection.execute_wrappers.remove(self._run)

    def recover(self) -> None:
        """Let the test's transaction go on after a statement of the server has failed."""
        with self._lock:
            if self._failed and self._stands_alone():
                self._failed = False
                self.connection.set_rollback(False)

    def _for_owner(self, method: Callable[[], None]) -> Callable[[], None]:
        def call() -> None:
            if threading.get_ident() == self._owner:
                method()

        return call

    def _run(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        with self._lock:
            self.recover()
            if threading.get_ident() == self._owner or not self._stands_alone(sql):
                return execute(sql, params, many, context)
            try:
                return self._alone(lambda: execute(sql, params, many, context))
            except Exception:
                self._failed = True
                raise

    def _stands_alone(self, sql: Any = "") -> bool:
        """Whether it is in the test's transaction, and in no ``atomic()`` within it."""
        within = self.connection.in_atomic_block
        is_savepoint = str(sql).partition(" ")[0].upper() in SAVEPOINT_WORDS
        return within and len(self.connection.savepoint_ids) <= self._depth and not is_savepoint

    def _alone(self, run: Callable[[], Any]) -> Any:
        # Of Django's databases PostgreSQL alone ends a transaction when a statement fails.
        if self.connection.vendor != "postgresql":
            return run()
        name, operations = next(self._names), self.connection.ops
        self._execute(operations.savepoint_create_sql(name))
        try:
            result = run()
        except Exception:
            self._execute(operations.savepoint_rollback_sql(name))
            raise
        self._execute(operations.savepoint_commit_sql(name))
        return result

    def _execute(self, sql: str) -> None:
        # Not by Django's cursor, which would count it as a query.
        with closing(self.connection.connection.cursor()) as cursor:
            cursor.execute(sql)


_guards: list[Guard] = []


@contextmanager
def recover_middleware(context: Context) -> Iterator[None]:
    """For servers under test: a call that fails leaves the test's transaction as it was."""
    try:
        yield
    finally:
        for guard in _guards:
            guard.recover()


def _in_memory(connection: Any) -> bool:
    return bool(connection.vendor == "sqlite" and connection.is_in_memory_db())
