"""What a client sees when a handler fails, and what the log keeps."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest
from declared import Stub, stub_of
from django.core import exceptions as django
from django.db import IntegrityError, OperationalError
from django.http import Http404
from django_socio_grpc import exceptions
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from rest_framework import exceptions as drf

TEXT = [{"name": "text", "type": "string"}]
SECRET = "password=hunter2"

FAILURES: dict[str, tuple[Exception, StatusCode]] = {
    "not_found": (exceptions.NotFound("No such thing."), StatusCode.NOT_FOUND),
    "invalid": (exceptions.InvalidArgument("Wrong."), StatusCode.INVALID_ARGUMENT),
    "unauthenticated": (exceptions.Unauthenticated(), StatusCode.UNAUTHENTICATED),
    "denied": (exceptions.PermissionDenied(), StatusCode.PERMISSION_DENIED),
    "exists": (exceptions.AlreadyExist(), StatusCode.ALREADY_EXISTS),
    "unimplemented": (exceptions.Unimplemented(), StatusCode.UNIMPLEMENTED),
    "http404": (Http404("x"), StatusCode.NOT_FOUND),
    "does_not_exist": (django.ObjectDoesNotExist("x"), StatusCode.NOT_FOUND),
    "django_denied": (django.PermissionDenied("x"), StatusCode.PERMISSION_DENIED),
    "django_invalid": (django.ValidationError("Wrong."), StatusCode.INVALID_ARGUMENT),
    "drf_throttled": (drf.Throttled(wait=3), StatusCode.RESOURCE_EXHAUSTED),
    "drf_invalid": (drf.ValidationError({"text": ["Wrong."]}), StatusCode.INVALID_ARGUMENT),
    "unique": (IntegrityError("UNIQUE constraint failed: x.y"), StatusCode.ALREADY_EXISTS),
    "integrity": (IntegrityError("CHECK constraint failed"), StatusCode.FAILED_PRECONDITION),
    "database_down": (OperationalError("no route to db-1"), StatusCode.UNAVAILABLE),
    "bug": (ValueError(SECRET), StatusCode.INTERNAL),
    "cancelled_error": (asyncio.CancelledError(SECRET), StatusCode.INTERNAL),  # type: ignore[dict-item]
}
UNEXPECTED = {"bug", "cancelled_error"}


class Fail(Service):
    service_name = "Fail"
    pb: Any


class SyncFail(Fail):
    @grpc_action(request=TEXT, response=TEXT)
    def Unary(self, request: Any, context: Any) -> Any:
        raise FAILURES[request.text][0]

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Stream(self, request: Any, context: Any) -> Iterator[Any]:
        yield self.pb.FailStreamResponse(text="first")
        raise FAILURES[request.text][0]

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    def Upload(self, request: Any, context: Any) -> Any:
        for message in request:
            raise FAILURES[message.text][0]

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Chat(self, request: Any, context: Any) -> Iterator[Any]:
        for message in request:
            yield self.pb.FailChatResponse(text="first")
            raise FAILURES[message.text][0]


class AsyncFail(Fail):
    @grpc_action(request=TEXT, response=TEXT)
    async def Unary(self, request: Any, context: Any) -> Any:
        raise FAILURES[request.text][0]

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    async def Stream(self, request: Any, context: Any) -> AsyncIterator[Any]:
        yield self.pb.FailStreamResponse(text="first")
        raise FAILURES[request.text][0]

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    async def Upload(self, request: Any, context: Any) -> Any:
        async for message in request:
            raise FAILURES[message.text][0]

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    async def Chat(self, request: Any, context: Any) -> AsyncIterator[Any]:
        async for message in request:
            yield self.pb.FailChatResponse(text="first")
            raise FAILURES[message.text][0]


def call(stub: Stub, kind: str, failure: str) -> grpc.RpcError:
    """Make a call of ``kind`` that fails, read all it gives and return the error."""
    stub = stub.options(timeout=10)
    with pytest.raises(grpc.RpcError) as caught:
        match kind:
            case "Unary":
                stub.Unary(text=failure)
            case "Stream":
                list(stub.Stream(text=failure))
            case "Upload":
                stub.Upload(iter([stub.pb.FailUploadRequest(text=failure)]))
            case _:
                list(stub.Chat(iter([stub.pb.FailChatRequest(text=failure)])))
    return caught.value


def details_of(error: grpc.RpcError) -> str:
    details = error.details()
    assert details is not None
    return details


services = pytest.mark.parametrize("service", [SyncFail, AsyncFail])
kinds = pytest.mark.parametrize("kind", ["Unary", "Stream", "Upload", "Chat"])


@services
@kinds
def test_every_failure_has_its_status(mode: Mode, service: type[Fail], kind: str) -> None:
    with stub_of(mode, service) as stub:
        seen = {name: call(stub, kind, name).code() for name in FAILURES}
    assert seen == {name: code for name, (_, code) in FAILURES.items()}


@services
@kinds
def test_a_bug_leaks_nothing_and_is_logged_with_its_traceback(
    mode: Mode, service: type[Fail], kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    with stub_of(mode, service) as stub:
        errors = [call(stub, kind, name) for name in sorted(UNEXPECTED)]
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
        assert f"ValueError: {SECRET}" in details_of(call(stub, "Unary", "bug"))


@services
def test_the_request_id_is_the_client_s_own(mode: Mode, service: type[Fail]) -> None:
    with stub_of(mode, service) as stub:
        error = call(stub.options(metadata=[("x-request-id", "abc-1")]), "Unary", "bug")
    assert json.loads(details_of(error))["request_id"] == "abc-1"


@services
def test_field_errors_travel_as_json(mode: Mode, service: type[Fail]) -> None:
    with stub_of(mode, service) as stub:
        details = json.loads(details_of(call(stub, "Unary", "drf_invalid")))
    assert details == {"text": [{"message": "Wrong.", "code": "invalid"}]}


@services
def test_what_was_sent_before_the_error_arrives(mode: Mode, service: type[Fail]) -> None:
    with stub_of(mode, service) as stub:
        replies = stub.Stream(text="not_found")
        assert next(replies).text == "first"
        with pytest.raises(grpc.RpcError) as caught:
            next(replies)
    assert caught.value.code() is StatusCode.NOT_FOUND


class SyncEnd(Service):
    service_name = "End"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def Abort(self, request: Any, context: Any) -> Any:
        context.abort(StatusCode.DATA_LOSS, "as it is: ü")

    @grpc_action(request=TEXT, response=TEXT)
    def SetCode(self, request: Any, context: Any) -> Any:
        context.set_code(StatusCode.OUT_OF_RANGE)
        context.set_details("too far")

    @grpc_action(request=TEXT, response=TEXT)
    def Swallow(self, request: Any, context: Any) -> Any:
        try:
            context.abort(StatusCode.DATA_LOSS, "the first")
        except Exception:
            context.abort(StatusCode.INTERNAL, "the second")

    @grpc_action(request=TEXT, response=TEXT)
    def Nothing(self, request: Any, context: Any) -> Any:
        return None

    @grpc_action(request=TEXT, response=TEXT)
    def WrongType(self, request: Any, context: Any) -> Any:
        return {"text": SECRET}

    @grpc_action(request=TEXT, response=TEXT)
    def IntCode(self, request: Any, context: Any) -> Any:
        context.abort(16, "an int is no status")

    @grpc_action(request=TEXT, response=TEXT)
    def AbortWithData(self, request: Any, context: Any) -> Any:
        context.abort(StatusCode.INVALID_ARGUMENT, {"text": ["Wrong."]})

    @grpc_action(request=TEXT, response=TEXT)
    def AbortWithNothing(self, request: Any, context: Any) -> Any:
        context.abort(StatusCode.DATA_LOSS, None)

    @grpc_action(request=TEXT, response=TEXT)
    def HalfACharacter(self, request: Any, context: Any) -> Any:
        context.abort(StatusCode.DATA_LOSS, "\ud800")

    @grpc_action(request=TEXT, response=TEXT)
    def BadTrailer(self, request: Any, context: Any) -> Any:
        context.set_trailing_metadata((("count", 3),))

    @grpc_action(request=TEXT, response=TEXT)
    def BadCallback(self, request: Any, context: Any) -> Any:
        def fail() -> None:
            raise ValueError(SECRET)

        context.add_done_callback(fail)
        context.abort(StatusCode.DATA_LOSS, "as it is")


class AsyncEnd(SyncEnd):
    async def Abort(self, request: Any, context: Any) -> Any:
        await context.abort(StatusCode.DATA_LOSS, "as it is: ü")

    async def SetCode(self, request: Any, context: Any) -> Any:
        context.set_code(StatusCode.OUT_OF_RANGE)
        context.set_details("too far")

    async def Swallow(self, request: Any, context: Any) -> Any:
        try:
            await context.abort(StatusCode.DATA_LOSS, "the first")
        except Exception:
            await context.abort(StatusCode.INTERNAL, "the second")

    async def Nothing(self, request: Any, context: Any) -> Any:
        return None

    async def WrongType(self, request: Any, context: Any) -> Any:
        return {"text": SECRET}

    async def IntCode(self, request: Any, context: Any) -> Any:
        await context.abort(16, "an int is no status")


@pytest.mark.parametrize("service", [SyncEnd, AsyncEnd])
@pytest.mark.parametrize(
    ("action", "code", "details"),
    [
        ("Abort", StatusCode.DATA_LOSS, "as it is: ü"),
        ("SetCode", StatusCode.OUT_OF_RANGE, "too far"),
        ("Swallow", StatusCode.DATA_LOSS, "the first"),
        ("Nothing", StatusCode.INTERNAL, None),
        ("WrongType", StatusCode.INTERNAL, None),
        ("IntCode", StatusCode.INTERNAL, None),
        ("AbortWithData", StatusCode.INVALID_ARGUMENT, '{"text": ["Wrong."]}'),
        ("AbortWithNothing", StatusCode.DATA_LOSS, ""),
        ("HalfACharacter", StatusCode.DATA_LOSS, "?"),
        ("BadTrailer", StatusCode.INTERNAL, None),
        ("BadCallback", StatusCode.DATA_LOSS, "as it is"),
    ],
)
def test_how_a_handler_may_end_a_call(
    mode: Mode, service: type[Service], action: str, code: StatusCode, details: str | None
) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        getattr(stub, action)(text="x")
    assert caught.value.code() is code
    if details is None:
        assert "hunter2" not in details_of(caught.value)
        assert "Internal server error" in details_of(caught.value)
    else:
        assert caught.value.details() == details


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


@pytest.mark.parametrize("service", [SyncFail, AsyncFail])
@pytest.mark.parametrize("kind", ["Unary", "Stream"])
def test_two_requests_where_one_is_due(service: type[Fail], kind: str) -> None:
    """On aio; ``grpc.server`` itself reads one request and does not look for another."""
    assert send_raw("aio", service, kind, [b"", b""]).code() is StatusCode.UNIMPLEMENTED


def send_raw(mode: Mode, service: type[Fail], kind: str, requests: list[bytes]) -> grpc.RpcError:
    """Send ``requests`` as they are to an RPC that takes one, and return the error."""
    with stub_of(mode, service) as stub:
        channel: Any = stub._channel
        raw = channel.stream_unary if kind == "Unary" else channel.stream_stream
        with pytest.raises(grpc.RpcError) as caught:
            reply = raw(f"/tests.FailController/{kind}")(iter(requests), timeout=10)
            list(reply)
    return caught.value
