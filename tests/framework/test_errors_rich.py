"""Errors as ``google.rpc.Status``: what ``grpc_status.rpc_status.from_call`` gives a client."""

import json

from declared import stub_of
from django.test import override_settings
from django_socio_grpc.testing import Mode
from failures import (
    FAILURES,
    SECRET,
    UNEXPECTED,
    Fail,
    SyncFail,
    error_of,
    kinds,
    services,
)
from google.rpc.error_details_pb2 import (
    BadRequest,
    ErrorInfo,
    LocalizedMessage,
    RequestInfo,
    RetryInfo,
)
from rich_errors import detail, kinds_in, rich


@services
@kinds
def test_every_failure_has_a_rich_status(mode: Mode, service: type[Fail], kind: str) -> None:
    with stub_of(mode, service) as stub:
        for name, (_, code) in FAILURES.items():
            error = error_of(stub, kind, name)
            status = rich(error)
            assert (status.code, status.message) == (code.value[0], error.details())
            assert {"ErrorInfo", "LocalizedMessage"} <= kinds_in(status)


@services
@kinds
def test_field_violations(mode: Mode, service: type[Fail], kind: str) -> None:
    with stub_of(mode, service) as stub:
        status = rich(error_of(stub, kind, "drf_invalid"))
    (violation,) = detail(status, BadRequest).field_violations
    assert (violation.field, violation.description) == ("text", "Wrong.")
    assert violation.reason == "INVALID"


@services
@kinds
def test_nothing_internal_is_in_it(mode: Mode, service: type[Fail], kind: str) -> None:
    with stub_of(mode, service) as stub:
        for name in sorted(UNEXPECTED):
            error = error_of(stub, kind, name)
            status = rich(error)
            assert SECRET.encode() not in status.SerializeToString()
            assert detail(status, LocalizedMessage).message == "Internal server error."
            request_id = json.loads(error.details())["request_id"]
            assert detail(status, RequestInfo).request_id == request_id


@services
def test_throttled_calls_say_when_to_try_again(mode: Mode, service: type[Fail]) -> None:
    with stub_of(mode, service) as stub:
        status = rich(error_of(stub, "Unary", "drf_throttled"))
    assert detail(status, RetryInfo).retry_delay.ToMilliseconds() == 3000


def test_the_text_for_people_is_plain(mode: Mode) -> None:
    with stub_of(mode, SyncFail) as stub:
        status = rich(error_of(stub, "Unary", "not_found"))
        assert detail(status, LocalizedMessage).message == "No such thing."
        assert detail(status, LocalizedMessage).locale == "en-us"
        invalid = rich(error_of(stub, "Unary", "drf_invalid"))
        assert detail(invalid, LocalizedMessage).message == "Invalid input."


def test_reason_and_domain(mode: Mode) -> None:
    with stub_of(mode, SyncFail) as stub:
        info = detail(rich(error_of(stub, "Unary", "not_found")), ErrorInfo)
        assert (info.reason, info.domain) == ("NOT_FOUND", "tests")
        with override_settings(GRPC_FRAMEWORK={"ERROR_DOMAIN": "library.example.com"}):
            info = detail(rich(error_of(stub, "Unary", "denied")), ErrorInfo)
        assert (info.reason, info.domain) == ("PERMISSION_DENIED", "library.example.com")


def test_a_request_id_is_for_faults_of_the_server_alone(mode: Mode) -> None:
    with stub_of(mode, SyncFail) as stub:
        seen = {name: kinds_in(rich(error_of(stub, "Unary", name))) for name in FAILURES}
    faults = {name for name, kinds in seen.items() if "RequestInfo" in kinds}
    assert faults == {*UNEXPECTED, "unique", "integrity", "database_down"}
