"""What PostgreSQL is told of a call's deadline."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from declared import code_of, stub_of
from django.db import connection, connections, transaction
from django_socio_grpc.database.timeouts import StatementTimeouts
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.testing import Mode
from grpc import StatusCode

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "connection.vendor != 'postgresql'", reason="on PostgreSQL, by test_postgresql.py"
    ),
]
NUMBER = [{"name": "number", "type": "int32"}]
MINUTE = 60_000


def timeout() -> int:
    """The statement timeout of this thread's connection, in milliseconds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setting::int FROM pg_settings WHERE name = 'statement_timeout'")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


class SyncAsker(Service):
    service_name = "Asker"
    pb: Any

    @grpc_action(request=[], response=NUMBER)
    def Ask(self, request: Any, context: Any) -> Any:
        return self.pb.AskerAskResponse(number=timeout())

    @grpc_action(request=[], response=NUMBER)
    def AskAndFail(self, request: Any, context: Any) -> Any:
        with transaction.atomic():
            context.abort(StatusCode.NOT_FOUND, str(timeout()))


class AsyncAsker(Service):
    service_name = "Asker"
    pb: Any

    @grpc_action(request=[], response=NUMBER)
    async def Ask(self, request: Any, context: Any) -> Any:
        return self.pb.AskerAskResponse(number=await sync_to_async(timeout)())

    @grpc_action(request=[], response=NUMBER)
    async def AskAndFail(self, request: Any, context: Any) -> Any:
        def fail() -> None:
            with transaction.atomic():
                context.abort(StatusCode.NOT_FOUND, str(timeout()))

        await sync_to_async(fail)()


services = pytest.mark.parametrize("service", [SyncAsker, AsyncAsker])


@services
def test_a_deadline_is_a_timeout(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service, max_workers=1) as stub:
        assert stub.Ask().number == 0
        assert stub.options(timeout=50).Ask().number == MINUTE, "rounded up"
        assert stub.options(timeout=55).Ask().number == MINUTE
        assert stub.Ask().number == 0, "a call without a deadline has what the role has"


@services
def test_it_outlives_a_rollback(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service, max_workers=1) as stub:
        assert code_of(stub.options(timeout=50).AskAndFail) is StatusCode.NOT_FOUND
        assert stub.options(timeout=55).Ask().number == MINUTE
        assert code_of(stub.AskAndFail) is StatusCode.NOT_FOUND
        assert stub.Ask().number == 0


@services
def test_it_can_be_off(mode: Mode, service: type[Service]) -> None:
    with grpc_settings.override(STATEMENT_TIMEOUTS=False), stub_of(mode, service) as stub:
        assert stub.options(timeout=50).Ask().number == 0


@services
def test_it_is_off_where_a_pooler_shares_sessions(
    mode: Mode, service: type[Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    with stub_of(mode, service) as stub:
        assert stub.options(timeout=50).Ask().number == 0


# The settings as such


@pytest.fixture
def thread() -> Iterator[Callable[..., Any]]:
    """Runs functions in one thread, with a connection of its own."""
    with ThreadPoolExecutor(1) as executor, grpc_settings.override(STATEMENT_TIMEOUTS=False):
        try:
            yield lambda function, *args: executor.submit(function, *args).result(10)
        finally:
            executor.submit(connections.close_all).result(10)


class Sent:
    """What is sent to the database past Django."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.timeouts = StatementTimeouts()
        wrapper: Any = connections["default"]
        execute: Any = wrapper.Database.Cursor.execute

        def counted(cursor: Any, sql: Any, *args: Any, **options: Any) -> Any:
            self.count += str(sql).startswith("SET")
            return execute(cursor, sql, *args, **options)

        monkeypatch.setattr(wrapper.Database.Cursor, "execute", counted)

    def limit(self, seconds: float | None) -> int:
        timeout()  # opens the connection
        self.timeouts.limit(connections["default"], seconds)
        return timeout()


def test_it_is_sent_when_it_changes_alone(
    thread: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = Sent(monkeypatch)
    for seconds, found in [(4.9, 5000), (4.2, 5000), (4.9, 5000), (2.1, 5000), (4.9, 5000)]:
        assert thread(sent.limit, seconds) == found
    assert sent.count == 1
    assert thread(sent.limit, 0.5) == 1000, "not much longer than it may"
    assert thread(sent.limit, None) == 0
    assert thread(sent.limit, None) == 0
    assert thread(sent.limit, 100_000.0) == 0
    assert sent.count == 3


def test_it_is_never_longer_than_the_role_has_it(
    thread: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = Sent(monkeypatch)

    def alter() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout TO 3000")

    thread(alter)
    assert thread(sent.limit, 50.0) == 3000
    assert thread(sent.limit, 1.5) == 2000
    assert thread(sent.limit, 50.0) != MINUTE


def test_nothing_changes_within_a_transaction(
    thread: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = Sent(monkeypatch)

    def within() -> tuple[int, bool]:
        with transaction.atomic():
            return sent.limit(4.9), connection.get_autocommit()

    assert thread(within) == (0, False)
    assert thread(sent.limit, 4.9) == 5000


def test_no_query_of_ours_is_counted_as_one_of_the_call(
    thread: Callable[..., Any], django_assert_num_queries: Any
) -> None:
    timeouts = StatementTimeouts()
    timeout()
    with django_assert_num_queries(1):
        timeouts.limit(connection, 4.9)
        timeout()
    timeouts.limit(connection, None)
