"""Services whose every action fails, in the ways that an action can."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest
from declared import Stub
from django.core import exceptions as django
from django.db import IntegrityError, OperationalError
from django.http import Http404
from django_socio_grpc import exceptions
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
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


def details_of(error: grpc.RpcError) -> str:
    details = error.details()
    assert details is not None
    return details


def error_of(stub: Stub, kind: str, failure: str) -> Any:
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


services = pytest.mark.parametrize("service", [SyncFail, AsyncFail])
kinds = pytest.mark.parametrize("kind", ["Unary", "Stream", "Upload", "Chat"])
