"""A call that is over, and the query that ran for it."""

import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from around import Log
from declared import Stub, stub_of
from django.db import connection
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Tag
from sleepers import AsyncSleeper, Sleeper, SyncSleeper

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "connection.vendor != 'postgresql'", reason="on PostgreSQL, by test_postgresql.py"
    ),
]
PATIENCE = 15.0
LONG = 60.0
services = pytest.mark.parametrize("service", [SyncSleeper, AsyncSleeper])


@pytest.fixture(autouse=True)
def log() -> Iterator[Log]:
    Sleeper.log = Log()
    with grpc_settings.override(STATEMENT_TIMEOUTS=False):
        yield Sleeper.log


def sleeping() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> "
            "pg_backend_pid() AND datname = current_database() "
            "AND (query LIKE '%%pg_sleep%%' OR query LIKE 'FETCH%%')"
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def wait_until(asleep: bool) -> bool:
    """Whether a query of a service comes to sleep, or none is left, well before one would wake."""
    end = time.monotonic() + PATIENCE
    while sleeping() is not asleep:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def begin(stub: Stub, action: str = "Sleep") -> Any:
    """A call of a handler that is waiting for the database."""
    request = getattr(stub.pb, f"Sleeper{action}Request")(seconds=LONG)
    call = getattr(stub.method(action), "future", stub.method(action))(request)
    assert Sleeper.log.wait_for("begun")
    if action != "Many":
        assert wait_until(asleep=True)
    return call


@services
def test_a_deadline_cancels_the_query(mode: Mode, service: type[Sleeper], log: Log) -> None:
    with stub_of(mode, service) as stub:
        with pytest.raises(grpc.RpcError) as caught:
            stub.options(timeout=1.0).Sleep(seconds=LONG)
        assert caught.value.code() is StatusCode.DEADLINE_EXCEEDED
        assert wait_until(asleep=False)


@services
def test_a_client_that_leaves_cancels_the_query(
    mode: Mode, service: type[Sleeper], log: Log
) -> None:
    """And the thread and its connection serve the next call."""
    with stub_of(mode, service, max_workers=1) as stub:
        before = stub.Backend().number
        call = begin(stub)
        call.cancel()
        assert wait_until(asleep=False)
        assert stub.options(timeout=PATIENCE).Backend().number == before
        assert log.wait_for("cleaned up")
    assert Tag.objects.filter(label="cleaned up").count() == 1, "what it does then is not stopped"


@services
def test_no_more_queries_of_a_call_that_is_over(
    mode: Mode, service: type[Sleeper], log: Log
) -> None:
    with stub_of(mode, service) as stub:
        begin(stub, "Many").cancel()
        assert log.wait_for("Cancelled" if service is SyncSleeper else "CancelledError")


@services
def test_a_transaction_is_rolled_back(mode: Mode, service: type[Sleeper], log: Log) -> None:
    with stub_of(mode, service, max_workers=1) as stub:
        begin(stub, "Whole").cancel()
        assert wait_until(asleep=False)
        assert stub.options(timeout=PATIENCE).Backend().number
    assert not Tag.objects.exists()


@services
def test_a_stream_that_is_cancelled(mode: Mode, service: type[Sleeper], log: Log) -> None:
    with stub_of(mode, service) as stub:
        begin(stub, "Stream").cancel()
        assert wait_until(asleep=False)
        assert log.wait_for("cleaned up")


@services
def test_rows_that_are_fetched_bit_by_bit(mode: Mode, service: type[Sleeper], log: Log) -> None:
    with stub_of(mode, service, max_workers=1) as stub:
        begin(stub, "Fetch").cancel()
        assert wait_until(asleep=False)
        assert stub.options(timeout=PATIENCE).Backend().number


@services
def test_it_is_no_fault(
    mode: Mode, service: type[Sleeper], log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with stub_of(mode, service, max_workers=1) as stub:
        for deadline in (True, False):
            Tag.objects.all().delete()  # each cleans up by one of its own
            Sleeper.log = Log()
            if deadline:
                with pytest.raises(grpc.RpcError):
                    stub.options(timeout=1.0).Sleep(seconds=LONG)
            else:
                begin(stub).cancel()
            assert wait_until(asleep=False)
            assert Sleeper.log.wait_for("cleaned up")
    for record in caplog.records:
        assert record.exc_info is None, record.getMessage()
        assert "INTERNAL" not in record.getMessage()


@services
def test_it_can_be_off(mode: Mode, service: type[Sleeper], log: Log) -> None:
    with grpc_settings.override(CANCEL_QUERIES=False), stub_of(mode, service) as stub:
        call = stub.method("Sleep").future(stub.pb.SleeperSleepRequest(seconds=2))
        assert log.wait_for("begun")
        assert wait_until(asleep=True)
        call.cancel()
        time.sleep(0.3)
        assert sleeping()
        assert wait_until(asleep=False)


@services
def test_no_query_of_another_call_is_cancelled(
    mode: Mode, service: type[Sleeper], log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    """Calls that are cancelled at any moment share threads and connections with others."""
    # pytest keeps each record, a record its call, and grpc lets one client have so many.
    caplog.set_level(logging.CRITICAL, "django_socio_grpc.request")
    stop = threading.Event()
    with stub_of(mode, service, max_workers=2) as stub:

        def disturb() -> None:
            pause = 0.0
            while not stop.is_set():
                call = stub.method("Backend").future(stub.pb.SleeperBackendRequest(seconds=0.01))
                time.sleep(pause)
                call.cancel()
                pause = (pause + 0.0007) % 0.02

        threads = [threading.Thread(target=disturb) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            numbers = {stub.Backend(seconds=0.005).number for _ in range(150)}
        finally:
            stop.set()
            for thread in threads:
                thread.join(PATIENCE)
    assert len(numbers) <= 3
