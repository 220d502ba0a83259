"""Errors as ``google.rpc.Status``: what ``grpc_status.rpc_status.from_call`` gives a client."""

import asyncio
import json
from typing import Any, TypeVar

import grpc
import grpc.aio
import pytest
from declared import Contract, Stub, stub_of
from django.test import override_settings
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import GRPCException, InvalidArgument
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from failures import (
    FAILURES,
    SECRET,
    TEXT,
    UNEXPECTED,
    Fail,
    SyncFail,
    error_of,
    kinds,
    services,
)
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import (
    BadRequest,
    ErrorInfo,
    Help,
    LocalizedMessage,
    RequestInfo,
    RetryInfo,
)
from google.rpc.status_pb2 import Status as RpcStatus
from grpc import StatusCode
from grpc_status import rpc_status
from rest_framework import exceptions as drf
from rest_framework import serializers

M = TypeVar("M", bound=Message)


def rich(error: Any) -> RpcStatus:
    status = rpc_status.from_call(error)
    assert isinstance(status, RpcStatus)
    return status


def detail(status: RpcStatus, kind: type[M]) -> M:
    """The one detail of ``kind`` in ``status``."""
    (packed,) = [item for item in status.details if item.TypeName() == kind.DESCRIPTOR.full_name]
    found = kind()
    packed.Unpack(found)
    return found


def kinds_in(status: RpcStatus) -> set[str]:
    return {item.TypeName().rpartition(".")[2] for item in status.details}


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


class Street(serializers.Serializer):
    street = serializers.CharField(max_length=5)


class Line(serializers.Serializer):
    name = serializers.CharField(max_length=5)


class Order(serializers.Serializer):
    address = Street()
    items = Line(many=True)
    tags = serializers.ListField(child=serializers.CharField(max_length=5))

    def validate(self, data: Any) -> Any:
        raise serializers.ValidationError("No orders today.", code="closed")


class Broken(drf.APIException):
    status_code = 400

    def get_full_details(self) -> Any:
        raise ValueError(SECRET)


class Fine(GRPCException):
    status_code = StatusCode.OK


def order(**changes: Any) -> dict[str, Any]:
    right = {"address": {"street": "x"}, "items": [{"name": "x"}], "tags": ["x"]}
    return {**right, **changes}


def status_of(code: StatusCode, message: str) -> Any:
    status = RpcStatus(code=code.value[0], message=message)
    status.details.add().Pack(Help(links=[Help.Link(url="https://example.com")]))
    return rpc_status.to_status(status)


class SyncEnd(Service):
    """Ends each call as the request says."""

    service_name = "End"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def Validate(self, request: Any, context: Any) -> Any:
        Order(data=json.loads(request.text)).is_valid(raise_exception=True)

    @grpc_action(request=TEXT, response=TEXT)
    def Many(self, request: Any, context: Any) -> Any:
        Line(data=[{"name": "x"}, {}], many=True).is_valid(raise_exception=True)

    @grpc_action(request=TEXT, response=TEXT)
    def Raise(self, request: Any, context: Any) -> Any:
        raise {
            "by_field": InvalidArgument({"text": ["Wrong."]}),
            "broken": Broken(),
            "fine": Fine("It is fine."),
            "bug": ValueError("x" * 50_000),
            "half": InvalidArgument({"text": ["\ud800"]}),
            "retry": type("Busy", (GRPCException,), {"wait": 0.25})("Busy."),
        }[request.text]

    @grpc_action(request=TEXT, response=TEXT)
    def Fields(self, request: Any, context: Any) -> Any:
        """``text`` is how many fields there are and, in bytes, what else the call carries."""
        number, size = map(int, request.text.split())
        if size:
            context.set_trailing_metadata((("x-own", "x" * size),))
        raise drf.ValidationError({f"field_{n}": ["It is 100 % required."] for n in range(number)})

    @grpc_action(request=TEXT, response=TEXT)
    def Abort(self, request: Any, context: Any) -> Any:
        context.abort(StatusCode.DATA_LOSS, request.text)

    @grpc_action(request=TEXT, response=TEXT)
    def AbortWithTrailers(self, request: Any, context: Any) -> Any:
        context.set_trailing_metadata((("x-first", "1"),))
        context.abort(StatusCode.DATA_LOSS, "lost", (("x-second", "2"),))

    @grpc_action(request=TEXT, response=TEXT)
    def AbortWithStatus(self, request: Any, context: Any) -> Any:
        context.set_trailing_metadata((("x-first", "1"),))
        context.abort_with_status(status_of(StatusCode.ABORTED, "as I say"))

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def StreamWithStatus(self, request: Any, context: Any) -> Any:
        yield self.pb.EndStreamWithStatusResponse()
        context.abort_with_status(status_of(StatusCode.ABORTED, "as I say"))


class AsyncEnd(SyncEnd):
    async def Abort(self, request: Any, context: Any) -> Any:
        await context.abort(StatusCode.DATA_LOSS, request.text)

    async def AbortWithTrailers(self, request: Any, context: Any) -> Any:
        context.set_trailing_metadata((("x-first", "1"),))
        await context.abort(StatusCode.DATA_LOSS, "lost", (("x-second", "2"),))

    async def AbortWithStatus(self, request: Any, context: Any) -> Any:
        context.set_trailing_metadata((("x-first", "1"),))
        await context.abort_with_status(status_of(StatusCode.ABORTED, "as I say"))

    async def StreamWithStatus(self, request: Any, context: Any) -> Any:
        yield self.pb.EndStreamWithStatusResponse()
        await context.abort_with_status(status_of(StatusCode.ABORTED, "as I say"))


both = pytest.mark.parametrize("service", [SyncEnd, AsyncEnd])


def end(stub: Stub, action: str, text: str = "") -> Any:
    with pytest.raises(grpc.RpcError) as caught:
        reply = getattr(stub.options(timeout=10), action)(text=text)
        list(reply)
    return caught.value


def fields_of(error: Any) -> dict[str, list[tuple[str, str]]]:
    """What is wrong by field: pairs of a text and a reason."""
    found: dict[str, list[tuple[str, str]]] = {}
    for violation in detail(rich(error), BadRequest).field_violations:
        found.setdefault(violation.field, []).append((violation.description, violation.reason))
    return found


def test_paths_of_nested_fields_and_of_items(mode: Mode) -> None:
    wrong = order(
        address={"street": "too long"}, items=[{"name": "x"}, {}], tags=["x", "too long", ""]
    )
    long = ("Ensure this field has no more than 5 characters.", "MAX_LENGTH")
    with stub_of(mode, SyncEnd) as stub:
        assert fields_of(end(stub, "Validate", json.dumps(wrong))) == {
            "address.street": [long],
            "items[1].name": [("This field is required.", "REQUIRED")],
            "tags[1]": [long],
            "tags[2]": [("This field may not be blank.", "BLANK")],
        }
        whole = fields_of(end(stub, "Validate", json.dumps(order())))
        assert whole == {"": [("No orders today.", "CLOSED")]}
        assert fields_of(end(stub, "Many")) == {
            "[1].name": [("This field is required.", "REQUIRED")]
        }


def test_an_exception_of_the_service_s_own_may_tell_fields(mode: Mode) -> None:
    with stub_of(mode, SyncEnd) as stub:
        assert fields_of(end(stub, "Raise", "by_field")) == {"text": [("Wrong.", "INVALID")]}
        assert fields_of(end(stub, "Raise", "half")) == {"text": [("?", "INVALID")]}


def test_an_exception_of_the_service_s_own_may_say_when_to_try_again(mode: Mode) -> None:
    with stub_of(mode, SyncEnd) as stub:
        retry = detail(rich(end(stub, "Raise", "retry")), RetryInfo)
    assert retry.retry_delay.ToMilliseconds() == 250


def test_an_exception_that_cannot_tell_its_details_is_a_fault(mode: Mode) -> None:
    with stub_of(mode, SyncEnd) as stub:
        error = end(stub, "Raise", "broken")
    assert error.code() is StatusCode.INTERNAL
    assert SECRET not in f"{error.details()}{rich(error)}"


def test_the_text_of_a_bug_that_debug_shows_fits(mode: Mode, settings: Any) -> None:
    settings.DEBUG = True
    with stub_of(mode, SyncEnd) as stub:
        error = end(stub, "Raise", "bug")
    assert error.code() is StatusCode.INTERNAL
    assert json.loads(error.details())["message"].startswith("ValueError: xxx")


def test_an_error_is_never_a_success(mode: Mode) -> None:
    with stub_of(mode, SyncEnd) as stub:
        assert end(stub, "Raise", "fine").code() is StatusCode.UNKNOWN


@pytest.mark.parametrize("fields", [5, 30, 60, 1000])
@pytest.mark.parametrize("own", [0, 1500, 3000, 5500, 7200])
def test_errors_fit_into_what_a_client_takes(mode: Mode, fields: int, own: int) -> None:
    """grpc refuses more than 8 KiB of metadata, and then the client learns nothing at all."""
    with stub_of(mode, SyncEnd) as stub:
        error = end(stub, "Fields", f"{fields} {own}")
    assert error.code() is StatusCode.INVALID_ARGUMENT
    assert isinstance(json.loads(error.details()), dict)
    assert dict(error.trailing_metadata()).get("x-own", "") == "x" * own
    if own > 1500:  # there is room for the JSON alone
        return
    found = fields_of(error)
    assert found["field_0"] == [("It is 100 % required.", "INVALID")]
    if fields > 30:
        ((text, reason),) = found.pop("")
        assert (text, reason) == (
            f"{fields - len(found)} more errors do not fit here.",
            "TRUNCATED",
        )


@both
@pytest.mark.parametrize("text", ["ü%" * 4000, "x" * 50_000, "\U0001f40d" * 3000])
def test_the_text_of_an_abort_fits(mode: Mode, service: type[Service], text: str) -> None:
    with stub_of(mode, service) as stub:
        error = end(stub, "Abort", text)
    assert error.code() is StatusCode.DATA_LOSS
    assert error.details().endswith("...")
    assert text.startswith(error.details().removesuffix("..."))
    assert rich(error).message == error.details()


@both
def test_an_abort_has_a_status_without_details(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        status = rich(end(stub, "Abort", "lost"))
    assert (status.code, status.message) == (StatusCode.DATA_LOSS.value[0], "lost")
    assert not status.details


@both
def test_abort_takes_trailing_metadata(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        error = end(stub, "AbortWithTrailers")
    metadata = dict(error.trailing_metadata())
    assert (metadata["x-first"], metadata["x-second"]) == ("1", "2")


@both
@pytest.mark.parametrize("action", ["AbortWithStatus", "StreamWithStatus"])
def test_abort_with_status(mode: Mode, service: type[Service], action: str) -> None:
    with stub_of(mode, service) as stub:
        error = end(stub, action)
    assert error.code() is StatusCode.ABORTED
    status = rich(error)
    assert status.message == error.details() == "as I say"
    assert detail(status, Help).links[0].url == "https://example.com"
    keys = [key for key, _ in error.trailing_metadata()]
    assert keys.count("grpc-status-details-bin") == 1
    if action == "AbortWithStatus":
        assert dict(error.trailing_metadata())["x-first"] == "1"


def test_an_asyncio_client_reads_it_too(mode: Mode) -> None:
    contract = Contract(SyncEnd)

    async def ask(target: str) -> RpcStatus | None:
        async with grpc.aio.insecure_channel(target) as channel:
            call = contract.stub(channel).Raise(text="by_field")
            with pytest.raises(grpc.aio.AioRpcError):
                await call
            return await rpc_status.aio.from_call(call)

    with serve(mode, contract.hook) as server:
        status = asyncio.run(ask(server.target))
    assert status is not None
    assert detail(status, BadRequest).field_violations[0].field == "text"
