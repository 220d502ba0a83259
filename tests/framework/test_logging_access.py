"""One log record for each call that is over, on both servers."""

import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from declared import code_of
from django.test import override_settings
from django_socio_grpc import log
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, RunningServer
from grpc import StatusCode
from observed import (
    KINDS,
    AsyncObserved,
    Samples,
    kinds,
    observed,
    open_call,
    say,
    services,
)
from policies import ByToken, as_, with_policies
from waiting import until

ACCESS = "django_socio_grpc.access"
ALL = {"REQUEST_LOG": "all"}


@pytest.fixture
def records(caplog: pytest.LogCaptureFixture) -> Iterator[list[Any]]:
    """The records of calls, which come a moment after their call."""
    caplog.set_level(logging.INFO, ACCESS)
    kept: list[Any] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(record)

    handler = Keep()
    logging.getLogger(ACCESS).addHandler(handler)
    yield kept
    logging.getLogger(ACCESS).removeHandler(handler)


@services
@kinds
@override_settings(GRPC_FRAMEWORK=ALL)
def test_a_call_that_goes_well(
    mode: Mode, service: type[Service], kind: str, records: list[Any]
) -> None:
    with observed(mode, service) as (_, stub):
        say(stub.options(metadata=[("x-request-id", "abc-1")]), kind, "x", "y")
    (record,) = records
    assert record.levelname == "INFO"
    path = f"tests.ObservedController/{kind}"
    assert record.getMessage() == f"OK {path} {record.duration_ms} ms"
    assert record.grpc_method == f"/{path}"
    assert (record.grpc_type, record.status_code) == (KINDS[kind], "OK")
    assert (record.grpc_service_name, record.grpc_action) == ("Observed", kind)
    assert record.grpc_user_pk == ""
    assert record.request_id == "abc-1"
    assert record.peer.startswith("ipv4:127.0.0.1:")
    assert 0 < record.duration_ms < 60_000


@services
@kinds
@pytest.mark.parametrize("which", ["all", "errors"])
@pytest.mark.parametrize(
    ("text", "code", "level"),
    [("missing", "NOT_FOUND", "INFO"), ("bug", "INTERNAL", "WARNING")],
)
def test_a_call_that_fails(
    mode: Mode,
    service: type[Service],
    kind: str,
    which: str,
    text: str,
    code: str,
    level: str,
    records: list[Any],
) -> None:
    with (
        override_settings(GRPC_FRAMEWORK={"REQUEST_LOG": which}),
        observed(mode, service) as (_, stub),
    ):
        assert code_of(lambda: say(stub, kind, text)) is StatusCode[code]
    (record,) = records
    assert (record.status_code, record.levelname) == (code, level)
    assert record.request_id


@services
@kinds
@override_settings(GRPC_FRAMEWORK=ALL)
def test_a_call_that_its_client_gives_up(
    mode: Mode, service: type[Service], kind: str, records: list[Any]
) -> None:
    with observed(mode, service, metrics_port=0) as (server, stub):
        call = open_call(stub, kind, "late")
        until(lambda: in_flight(server))
        call.cancel()
        until(lambda: records)
    (record,) = records
    assert record.status_code == "CANCELLED"


def in_flight(server: RunningServer) -> bool:
    samples = Samples(server)
    return any(samples.value("grpc_server_in_flight", grpc_method=kind) for kind in KINDS)


@services
@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ({}, []),
        ({"REQUEST_LOG": "off"}, []),
        ({"REQUEST_LOG": "errors"}, ["NOT_FOUND"]),
        ({"REQUEST_LOG": "all"}, ["OK", "NOT_FOUND"]),
        (
            {
                "REQUEST_LOG": "all",
                "IGNORE_LOG_FOR_ACTION": ["SyncObserved.Unary", "AsyncObserved.Unary"],
            },
            ["NOT_FOUND"],
        ),
    ],
)
def test_which_calls(
    mode: Mode,
    service: type[Service],
    settings: dict[str, Any],
    codes: list[str],
    records: list[Any],
) -> None:
    with override_settings(GRPC_FRAMEWORK=settings), observed(mode, service) as (_, stub):
        say(stub, "Unary", "x")
        code_of(lambda: say(stub, "Unary", "missing"))
    assert [record.status_code for record in records] == codes


@services
@override_settings(GRPC_FRAMEWORK=ALL)
def test_who_has_called(mode: Mode, service: type[Service], records: list[Any]) -> None:
    class Numbered(ByToken):
        def authenticate(self, request: Any) -> Any:
            found = super().authenticate(request)
            if found:
                found[0].pk = 4711
            return found

    asked = with_policies(service, authentication_classes=[Numbered])
    with observed(mode, asked) as (_, stub):
        say(as_(stub, token="ada"), "Unary", "x")
        say(stub, "Unary", "x")
    assert [record.grpc_user_pk for record in records] == [4711, ""]


@services
@override_settings(GRPC_FRAMEWORK=ALL)
def test_a_user_that_asks_the_database_harms_nothing(
    mode: Mode, service: type[Service], records: list[Any]
) -> None:
    class Promise:
        @property
        def pk(self) -> int:
            raise OSError("the database is gone")

    class Promised(ByToken):
        def authenticate(self, request: Any) -> Any:
            return Promise(), None

    with observed(mode, with_policies(service, authentication_classes=[Promised])) as (_, stub):
        assert say(stub, "Unary", "x") == ["x"]
    assert [record.grpc_user_pk for record in records] == [""]


@override_settings(GRPC_FRAMEWORK=ALL)
def test_a_log_that_blocks_blocks_no_call(mode: Mode, records: list[Any]) -> None:
    gate, at_gate = threading.Event(), threading.Event()

    class Blocked(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            at_gate.set()
            gate.wait(60)

    handler = Blocked()
    logging.getLogger(ACCESS).addHandler(handler)
    try:
        with observed(mode, AsyncObserved) as (_, stub):
            say(stub, "Unary", "x")
            assert at_gate.wait(60)
            for _ in range(20):
                say(stub, "Unary", "x")
            assert len(records) < 20
            gate.set()
    finally:
        gate.set()
        logging.getLogger(ACCESS).removeHandler(handler)
    assert len(records) == 21


@services
@override_settings(GRPC_FRAMEWORK=ALL)
def test_the_record_as_json(mode: Mode, service: type[Service], records: list[Any]) -> None:
    with observed(mode, service) as (_, stub):
        say(stub.options(metadata=[("x-token", "hunter2")]), "Unary", "x")
    (record,) = records
    text = log.JSONFormatter().format(record)
    assert "hunter2" not in text
    line = json.loads(text)
    assert line["grpc_method"] == "/tests.ObservedController/Unary"
    assert line["duration_ms"] > 0
    assert "grpc_user_pk" not in line


@services
@override_settings(GRPC_FRAMEWORK=ALL)
def test_with_the_record_factory_of_calls(
    mode: Mode, service: type[Service], records: list[Any]
) -> None:
    before = logging.getLogRecordFactory()
    log.set_log_record_factory()
    try:
        with observed(mode, service) as (_, stub):
            say(stub, "Unary", "x")
    finally:
        logging.setLogRecordFactory(before)
    (record,) = records
    assert (record.grpc_service_name, record.grpc_action) == ("Observed", "Unary")


def test_a_value_that_the_setting_does_not_take(mode: Mode) -> None:
    with (
        override_settings(GRPC_FRAMEWORK={"REQUEST_LOG": "some"}),
        pytest.raises(ConfigurationError, match="'off', 'errors' or 'all', not 'some'"),
        observed(mode, AsyncObserved),
    ):
        raise AssertionError("it serves")
