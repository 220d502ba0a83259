"""The id of a call: where it comes from, and how its client learns of it, on both servers."""

import logging
from contextlib import suppress
from typing import Any

import grpc
import pytest
from declared import Stub
from django.test import override_settings
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from observed import kinds, observed, open_call, services

FAULTS = pytest.mark.parametrize("text", ["missing", "bug"])
RETURNED = override_settings(GRPC_FRAMEWORK={"RETURN_REQUEST_ID": True})


def end_of(stub: Stub, kind: str, text: str) -> tuple[StatusCode, list[str]]:
    """The status of a call, and the ids that came with it."""
    call = open_call(stub, kind, text)
    with suppress(grpc.RpcError):
        list(call) if kind in {"Stream", "Chat"} else call.result()
    metadata = call.trailing_metadata() or ()
    return call.code(), [item.value for item in metadata if item.key == "x-request-id"]


@services
@kinds
@FAULTS
def test_a_call_that_fails_returns_the_id_that_the_log_has(
    mode: Mode, service: type[Service], kind: str, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "django_socio_grpc")
    with observed(mode, service) as (_, stub):
        code, (request_id,) = end_of(stub, kind, text)
    assert code is not StatusCode.OK
    assert len(request_id) == 32
    (record,) = [each for each in caplog.records if hasattr(each, "status_code")]
    assert f"request id {request_id})" in record.getMessage()


@services
@kinds
@RETURNED
def test_a_call_that_goes_well_returns_it_if_the_setting_says_so(
    mode: Mode, service: type[Service], kind: str
) -> None:
    with observed(mode, service) as (_, stub):
        code, ids = end_of(stub, kind, "x")
    assert code is StatusCode.OK
    assert [len(each) for each in ids] == [32]


@services
@kinds
def test_it_returns_none_by_default(mode: Mode, service: type[Service], kind: str) -> None:
    with observed(mode, service) as (_, stub):
        assert end_of(stub, kind, "x") == (StatusCode.OK, [])


def with_id(stub: Stub, sent: str) -> Any:
    method = stub.method("Unary")
    request = stub.pb.ObservedUnaryRequest(text="x")
    return method.with_call(request, metadata=[("x-request-id", sent)], timeout=20)


@services
@RETURNED
def test_the_clients_own_id_is_taken(mode: Mode, service: type[Service]) -> None:
    sent = "Aa0_.:/+=@-"
    with observed(mode, service) as (_, stub):
        _, call = with_id(stub, sent)
    assert [each.value for each in call.trailing_metadata()] == [sent]


@services
@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", "a,b", 'a"b', "a%0ab", "a)b", "{a}"])
@RETURNED
def test_what_could_be_taken_for_something_else_is_not(
    mode: Mode, service: type[Service], sent: str
) -> None:
    with observed(mode, service) as (_, stub):
        _, call = with_id(stub, sent)
    (item,) = call.trailing_metadata()
    assert item.value != sent
    assert len(item.value) == 32


class Metadata(Service):
    service_name = "Observed"
    pb: Any

    @grpc_action(
        request=[{"name": "text", "type": "string"}], response=[{"name": "text", "type": "string"}]
    )
    def Unary(self, request: Any, context: Any) -> Any:
        context.set_trailing_metadata([("x-own", "1")])
        return self.pb.ObservedUnaryResponse(text="x")


@RETURNED
def test_the_handlers_own_metadata_stays(mode: Mode) -> None:
    with observed(mode, Metadata) as (_, stub):
        _, call = with_id(stub, "abc")
    assert [tuple(item) for item in call.trailing_metadata()] == [
        ("x-own", "1"),
        ("x-request-id", "abc"),
    ]
