"""A call that its client gives up leaves the same record on both servers."""

import logging
from typing import Any

import pytest
from declared import code_of
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from observed import Samples, kinds, observed, open_call, services
from waiting import until


def ends(caplog: pytest.LogCaptureFixture) -> list[Any]:
    return [each for each in caplog.records if hasattr(each, "status_code")]


@services
@kinds
def test_a_call_that_is_cancelled(
    mode: Mode, service: type[Service], kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "django_socio_grpc.request")
    with observed(mode, service, metrics_port=0) as (server, stub):
        call = open_call(stub, kind, "late")
        until(lambda: Samples(server).value("grpc_server_in_flight", grpc_method=kind))
        call.cancel()
        until(lambda: ends(caplog))
    (record,) = ends(caplog)
    assert (record.levelname, record.status_code) == ("INFO", "CANCELLED")
    assert record.getMessage().startswith(f"Cancelled : {service.__name__}/{kind} (CANCELLED, ")
    assert record.exc_info is None


@services
def test_a_call_whose_deadline_passes(
    mode: Mode, service: type[Service], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "django_socio_grpc.request")
    with observed(mode, service) as (_, stub):
        code = code_of(lambda: stub.options(timeout=0.3).Unary(text="late"))
        assert code is StatusCode.DEADLINE_EXCEEDED
        until(lambda: ends(caplog))
    (record,) = ends(caplog)
    assert record.levelname == "INFO"
    assert record.exc_info is None
