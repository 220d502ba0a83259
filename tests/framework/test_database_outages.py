"""PostgreSQL is restarted, or is down: what clients see, and what is after it."""

import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from asgiref.sync import sync_to_async
from clusters import ALIAS, Cluster, cluster, database
from declared import Stub, stub_of, trailers_of
from django.db import connections
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from grpc import StatusCode

PATIENCE = 30.0
SECONDS = [{"name": "seconds", "type": "double"}]
NUMBER = [{"name": "number", "type": "int32"}]
CLIENTS = 8

OK = (StatusCode.OK, "")
POOL = {"pool": {"min_size": 1, "max_size": 20, "timeout": 5, "reconnect_timeout": 2}}
TIGHT = {"pool": {"min_size": 1, "max_size": 1, "timeout": 0.5}}
POOLED: dict[str, Any] = {"CONN_MAX_AGE": 0, "OPTIONS": POOL}
HASTY: dict[str, Any] = {"CONN_MAX_AGE": 0, "OPTIONS": {"pool": {**POOL["pool"], "timeout": 1}}}
NARROW: dict[str, Any] = {"CONN_MAX_AGE": 0, "OPTIONS": TIGHT}
PERSISTENT: dict[str, Any] = {"CONN_MAX_AGE": 60}
entries = pytest.mark.parametrize("entry", [POOLED, PERSISTENT], ids=["pool", "persistent"])


def backend(seconds: float) -> int:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid(), pg_sleep(%s)", [seconds])
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


class SyncAsker(Service):
    service_name = "Asker"
    pb: Any

    @grpc_action(request=SECONDS, response=NUMBER)
    def Ask(self, request: Any, context: Any) -> Any:
        return self.pb.AskerAskResponse(number=backend(request.seconds))

    @grpc_action(request=[], response=NUMBER)
    def Live(self, request: Any, context: Any) -> Any:
        return self.pb.AskerLiveResponse(number=1)


class AsyncAsker(Service):
    service_name = "Asker"
    pb: Any

    @grpc_action(request=SECONDS, response=NUMBER)
    async def Ask(self, request: Any, context: Any) -> Any:
        return self.pb.AskerAskResponse(number=await sync_to_async(backend)(request.seconds))

    @grpc_action(request=[], response=NUMBER)
    async def Live(self, request: Any, context: Any) -> Any:
        return self.pb.AskerLiveResponse(number=1)


services = pytest.mark.parametrize("service", [SyncAsker, AsyncAsker])


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """pytest keeps each record, a record its call, and grpc lets one client have so many."""
    caplog.set_level(logging.CRITICAL, "django_socio_grpc.request")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@pytest.fixture
def stub(
    mode: Mode,
    service: type[Service],
    entry: dict[str, Any],
    postgres: Cluster,
    django_db_blocker: Any,
) -> Iterator[Stub]:
    with django_db_blocker.unblock(), database(postgres, **entry), stub_of(mode, service) as stub:
        yield stub


def ending_of(stub: Stub, seconds: float = 0.2) -> tuple[StatusCode, str]:
    """How a call ends that needs the database for so many ``seconds``, and what it says."""
    try:
        stub.options(timeout=PATIENCE).Ask(seconds=seconds)
    except grpc.RpcError as error:
        return error.code(), str(error.details())
    return OK


def endings_of(stub: Stub, count: int = CLIENTS) -> set[tuple[StatusCode, str]]:
    """How so many calls end that are made at the same time, and need a connection each."""
    with ThreadPoolExecutor(count) as threads:
        return set(threads.map(lambda _: ending_of(stub), range(count)))


@services
@entries
@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_restart_while_nothing_runs_fails_no_call(
    stub: Stub, postgres: Cluster, how: str
) -> None:
    assert endings_of(stub) == {OK}
    postgres.restart(how)
    assert endings_of(stub) == {OK}


@services
@entries
def test_a_restart_under_load(stub: Stub, postgres: Cluster) -> None:
    """What runs fails, as UNAVAILABLE; once the database is back, nothing does."""
    over = threading.Event()
    seen: set[StatusCode] = set()

    def go_on() -> None:
        while not over.is_set():
            seen.add(ending_of(stub, 0.05)[0])

    assert endings_of(stub) == {OK}
    threads = [threading.Thread(target=go_on) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        postgres.restart()
    finally:
        over.set()
        for thread in threads:
            thread.join(PATIENCE)
    assert seen <= {StatusCode.OK, StatusCode.UNAVAILABLE}
    assert endings_of(stub) == {OK}


@services
@pytest.mark.parametrize("entry", [HASTY, PERSISTENT], ids=["pool", "persistent"])
def test_a_database_that_is_down(stub: Stub, postgres: Cluster) -> None:
    """Who asks it is told to try again, and what asks it is not told where it is."""
    assert endings_of(stub) == {OK}
    postgres.stop()
    try:
        with pytest.raises(grpc.RpcError) as caught:
            stub.options(timeout=PATIENCE).Ask()
        assert caught.value.code() is StatusCode.UNAVAILABLE
        assert str(postgres.port) not in str(caught.value.details())
        assert wait_of(caught.value) > 0
        assert {code for code, _ in endings_of(stub)} == {StatusCode.UNAVAILABLE}
        assert stub.Live().number == 1
    finally:
        postgres.start()
    end = time.monotonic() + PATIENCE
    while endings_of(stub) != {OK}:
        assert time.monotonic() < end, "the server finds the database again by itself"


@services
@pytest.mark.parametrize("entry", [NARROW], ids=["pool"])
def test_a_pool_that_has_no_connection_left(stub: Stub) -> None:
    """The call does not wait for ever, and the next one finds the connection free."""
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(ending_of, stub, 2.0)
        end = time.monotonic() + PATIENCE
        while (second := ending_of(stub, 0.0)[0]) is StatusCode.OK and time.monotonic() < end:
            pass  # the first one has not begun yet
        assert second is StatusCode.UNAVAILABLE
        assert first.result(PATIENCE) == OK
    assert ending_of(stub) == OK


def wait_of(error: grpc.RpcError) -> float:
    """Seconds after which the client is told to try again, 0 if it is not."""
    data: Any = trailers_of(error)["grpc-status-details-bin"]
    status = Status.FromString(data)
    retry = RetryInfo()
    found = any(detail.Unpack(retry) for detail in status.details)
    return retry.retry_delay.ToTimedelta().total_seconds() if found else 0.0
