"""What Prometheus sees of calls, on both servers."""

from typing import Any

import grpc
import pytest
from declared import code_of
from django.test import override_settings
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
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
from waiting import until


def labels_of(kind: str) -> dict[str, str]:
    return {
        "grpc_type": KINDS[kind],
        "grpc_service": "tests.ObservedController",
        "grpc_method": kind,
    }


@services
@kinds
def test_calls_are_counted_by_how_they_end(mode: Mode, service: type[Service], kind: str) -> None:
    own = labels_of(kind)
    with observed(mode, service, metrics_port=0) as (server, stub):
        for text in ("x", "y", "missing", "bug"):
            code_of(lambda text=text: say(stub, kind, text))
        samples = Samples(server)
    assert samples.value("grpc_server_started_total", **own) == 4
    ends = {"OK": 2, "NOT_FOUND": 1, "INTERNAL": 1}
    for code, number in ends.items():
        assert samples.value("grpc_server_handled_total", grpc_code=code, **own) == number
    assert samples.value("grpc_server_handling_seconds_count", **own) == 4
    assert samples.value("grpc_server_handling_seconds_bucket", le="+Inf", **own) == 4
    took = samples.value("grpc_server_handling_seconds_sum", **own)
    assert took is not None
    assert took > 0
    assert samples.value("grpc_server_in_flight", **own) == 0


@services
@kinds
def test_what_the_client_gives_up_is_counted_too(
    mode: Mode, service: type[Service], kind: str
) -> None:
    own = labels_of(kind)
    with observed(mode, service, metrics_port=0) as (server, stub):
        call = open_call(stub, kind, "late")
        until(lambda: Samples(server).value("grpc_server_in_flight", **own) == 1)
        call.cancel()
        until(
            lambda: (
                Samples(server).value("grpc_server_handled_total", grpc_code="CANCELLED", **own)
                == 1
            )
        )
        assert Samples(server).value("grpc_server_in_flight", **own) == 0


@services
def test_a_deadline_that_passes_is_counted(mode: Mode, service: type[Service]) -> None:
    own = labels_of("Unary")
    with observed(mode, service, metrics_port=0) as (server, stub):
        code = code_of(lambda: stub.options(timeout=0.3).Unary(text="late"))
        assert code is StatusCode.DEADLINE_EXCEEDED
        until(
            lambda: Samples(server).value(
                "grpc_server_handled_total", grpc_code="DEADLINE_EXCEEDED", **own
            )
        )


@services
def test_all_methods_have_series_from_the_beginning(mode: Mode, service: type[Service]) -> None:
    with observed(mode, service, metrics_port=0) as (server, _):
        samples = Samples(server)
    for kind in KINDS:
        own = labels_of(kind)
        assert samples.value("grpc_server_started_total", **own) == 0
        assert samples.value("grpc_server_handled_total", grpc_code="OK", **own) == 0


@services
def test_names_that_clients_invent_make_no_series(mode: Mode, service: type[Service]) -> None:
    with observed(mode, service, metrics_port=0) as (server, stub):
        with server.channel() as channel:
            for name in ("tests.ObservedController/Nothing", "invented.Service/Unary", "x"):
                call: Any = channel.unary_unary(f"/{name}")
                assert code_of(lambda call=call: call(b"")) is StatusCode.UNIMPLEMENTED
        say(stub, "Unary", "x")
        samples = Samples(server)
    methods = {each["grpc_method"] for each in samples.labels("grpc_server_started_total")}
    assert methods == set(KINDS)
    assert "invented" not in samples.text


@services
def test_two_servers_do_not_share_their_counts(mode: Mode, service: type[Service]) -> None:
    for _ in range(2):
        with observed(mode, service, metrics_port=0) as (server, stub):
            say(stub, "Unary", "x")
            own = labels_of("Unary")
            assert Samples(server).value("grpc_server_started_total", **own) == 1


@services
def test_metrics_are_off_unless_a_port_is_named(mode: Mode, service: type[Service]) -> None:
    with observed(mode, service) as (server, stub):
        say(stub, "Unary", "x")
        assert server.server.telling.metrics_port is None
        assert server.server.telling.observers == []


@services
@override_settings(GRPC_FRAMEWORK={"ENABLE_HEALTH_CHECK": True})
def test_probes_are_not_calls(mode: Mode, service: type[Service]) -> None:
    with observed(mode, service, metrics_port=0) as (server, _), server.channel() as channel:
        check: Any = channel.unary_unary("/grpc.health.v1.Health/Check")
        check(b"", timeout=10)
        assert "Health" not in Samples(server).text


def test_the_client_is_answered_when_the_call_is_counted(mode: Mode) -> None:
    """An operator's test of an alert must not have to wait for the count."""
    with observed(mode, AsyncObserved, metrics_port=0) as (server, stub):
        for number in range(1, 20):
            with pytest.raises(grpc.RpcError):
                say(stub, "Unary", "missing")
            counted = Samples(server).value(
                "grpc_server_handled_total", grpc_code="NOT_FOUND", **labels_of("Unary")
            )
            assert counted == number
