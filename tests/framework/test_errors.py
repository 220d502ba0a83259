"""What a client sees when a handler fails, and what the log keeps."""

import json
import logging
from typing import Any

import grpc
import pytest
from declared import stub_of
from django_socio_grpc.testing import Mode
from failures import (
    FAILURES,
    SECRET,
    UNEXPECTED,
    AsyncFail,
    Fail,
    SyncFail,
    details_of,
    error_of,
    kinds,
    services,
)
from grpc import StatusCode


@services
@kinds
def test_every_failure_has_its_status(mode: Mode, service: type[Fail], kind: str) -> None:
    with stub_of(mode, service) as stub:
        seen = {name: error_of(stub, kind, name).code() for name in FAILURES}
    assert seen == {name: code for name, (_, code) in FAILURES.items()}


@services
@kinds
def test_a_bug_leaks_nothing_and_is_logged_with_its_traceback(
    mode: Mode, service: type[Fail], kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    with stub_of(mode, service) as stub:
        errors = [error_of(stub, kind, name) for name in sorted(UNEXPECTED)]
    details = [json.loads(details_of(error)) for error in errors]
    for detail in details:
        assert detail.keys() == {"message", "code", "request_id"}
        assert detail["message"] == "Internal server error."
    logged = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(logged) == len(UNEXPECTED), "each error is logged once"
    assert all(record.exc_info for record in logged)
    for record, detail in zip(logged, details, strict=True):
        assert detail["request_id"] in record.getMessage()


@services
def test_with_debug_the_client_sees_the_error(
    mode: Mode, service: type[Fail], settings: Any
) -> None:
    settings.DEBUG = True
    with stub_of(mode, service) as stub:
        assert f"ValueError: {SECRET}" in details_of(error_of(stub, "Unary", "bug"))


@services
def test_the_request_id_is_the_client_s_own(mode: Mode, service: type[Fail]) -> None:
    with stub_of(mode, service) as stub:
        error = error_of(stub.options(metadata=[("x-request-id", "abc-1")]), "Unary", "bug")
    assert json.loads(details_of(error))["request_id"] == "abc-1"


@services
def test_field_errors_travel_as_json(mode: Mode, service: type[Fail]) -> None:
    with stub_of(mode, service) as stub:
        details = json.loads(details_of(error_of(stub, "Unary", "drf_invalid")))
    assert details == {"text": [{"message": "Wrong.", "code": "invalid"}]}


@services
def test_what_was_sent_before_the_error_arrives(mode: Mode, service: type[Fail]) -> None:
    with stub_of(mode, service) as stub:
        replies = stub.Stream(text="not_found")
        assert next(replies).text == "first"
        with pytest.raises(grpc.RpcError) as caught:
            next(replies)
    assert caught.value.code() is StatusCode.NOT_FOUND


@pytest.mark.parametrize("service", [SyncFail, AsyncFail])
@pytest.mark.parametrize("kind", ["Unary", "Stream"])
@pytest.mark.parametrize(
    ("requests", "code"),
    [
        ([], StatusCode.UNIMPLEMENTED),
        ([b"\x0a\xff"], StatusCode.INTERNAL),
        ([b"\x0a\x02\xff\xfe"], StatusCode.INTERNAL),
    ],
    ids=["no message", "cut short", "not UTF-8"],
)
def test_requests_that_no_right_client_sends(
    mode: Mode, service: type[Fail], kind: str, requests: list[bytes], code: StatusCode
) -> None:
    error = send_raw(mode, service, kind, requests)
    assert error.code() is code
    assert "Error" not in details_of(error)


@services
@pytest.mark.parametrize("kind", ["Unary", "Stream"])
def test_of_two_requests_where_one_is_due_the_first_counts(
    mode: Mode, service: type[Fail], kind: str
) -> None:
    """As on a bare ``grpc.server``, which does not look for another."""
    first, second = b"\x0a\x09not_found", b"\x0a\x03bug"
    assert send_raw(mode, service, kind, [first, second]).code() is StatusCode.NOT_FOUND


def send_raw(mode: Mode, service: type[Fail], kind: str, requests: list[bytes]) -> grpc.RpcError:
    """Send ``requests`` as they are to an RPC that takes one, and return the error."""
    with stub_of(mode, service) as stub:
        channel: Any = stub._channel
        raw = channel.stream_unary if kind == "Unary" else channel.stream_stream
        with pytest.raises(grpc.RpcError) as caught:
            reply = raw(f"/tests.FailController/{kind}")(iter(requests), timeout=10)
            list(reply)
    return caught.value
