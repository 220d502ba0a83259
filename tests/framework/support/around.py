"""What happens around calls of all kinds: a service in both colours, middlewares, and a log."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from asgiref.sync import iscoroutinefunction
from django.test import override_settings
from django.utils.decorators import (
    async_only_middleware,
    sync_and_async_middleware,
    sync_only_middleware,
)
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import NotFound
from django_socio_grpc.services import Service
from django_socio_grpc.utils.utils import safe_async_response
from grpc import StatusCode

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


KINDS = ["Unary", "Stream", "Upload", "Chat"]


PATIENCE = 10.0


Test = TypeVar("Test", bound=Callable[..., None])


class Log:
    """What happened, from any thread."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self._changed = threading.Condition()

    def __call__(self, event: str) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def wait_for(self, *events: str) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: set(events) <= set(self.events), PATIENCE)


log = Log()


@contextmanager
def outer(context: Any) -> Iterator[None]:
    log(f"outer begins {context.path}")
    try:
        yield
    except BaseException as exc:
        log(f"outer sees {type(exc).__name__}")
        raise
    finally:
        log("outer ends")


@contextmanager
def inner(context: Any) -> Iterator[None]:
    log("inner begins")
    try:
        yield
    finally:
        log("inner ends")


@contextmanager
def forgiving(context: Any) -> Iterator[None]:
    """Turns one error into another."""
    try:
        yield
    except NotFound:
        context.abort(StatusCode.OUT_OF_RANGE, "Forgiven.")


def middlewares(*functions: Any) -> Callable[[Test], Test]:
    def decorate(test: Test) -> Test:
        decorated: Test = override_settings(GRPC_FRAMEWORK={"GRPC_MIDDLEWARE": [*functions]})(test)
        return decorated

    return decorate


class SyncEcho(Service):
    service_name = "Echo"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def Unary(self, request: Any, context: Any) -> Any:
        return self.pb.EchoUnaryResponse(text=said(request))

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Stream(self, request: Any, context: Any) -> Any:
        for letter in said(request):
            log(letter)
            yield self.pb.EchoStreamResponse(text=letter)
            if request.text == "endless":
                time.sleep(0.01)

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    def Upload(self, request: Any, context: Any) -> Any:
        return self.pb.EchoUploadResponse(text="".join(said(message) for message in request))

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Chat(self, request: Any, context: Any) -> Any:
        for message in request:
            yield self.pb.EchoChatResponse(text=said(message))


class AsyncEcho(SyncEcho):
    async def Unary(self, request: Any, context: Any) -> Any:
        return self.pb.EchoUnaryResponse(text=said(request))

    async def Stream(self, request: Any, context: Any) -> Any:
        for letter in said(request):
            log(letter)
            yield self.pb.EchoStreamResponse(text=letter)
            if request.text == "endless":
                await asyncio.sleep(0.01)

    async def Upload(self, request: Any, context: Any) -> Any:
        return self.pb.EchoUploadResponse(
            text="".join([said(message) async for message in request])
        )

    async def Chat(self, request: Any, context: Any) -> Any:
        async for message in request:
            yield self.pb.EchoChatResponse(text=said(message))


def said(request: Any) -> str:
    if request.text == "missing":
        raise NotFound
    log(f"handler {request.text}")
    return request.text * 1000 if request.text == "endless" else str(request.text)


def call(stub: Any, kind: str, text: str) -> str:
    """Make a call of ``kind``; return all that it answers."""
    stub = stub.options(timeout=PATIENCE)
    if kind == "Unary":
        return str(stub.Unary(text=text).text)
    if kind == "Stream":
        return "".join(reply.text for reply in stub.Stream(text=text))
    if kind == "Upload":
        return str(stub.Upload(iter([stub.pb.EchoUploadRequest(text=text)])).text)
    return "".join(r.text for r in stub.Chat(iter([stub.pb.EchoChatRequest(text=text)])))


services = pytest.mark.parametrize("service", [SyncEcho, AsyncEcho])


kinds = pytest.mark.parametrize("kind", KINDS)


@sync_and_async_middleware
def both(get_response: Any) -> Any:
    if iscoroutinefunction(get_response):

        async def amiddleware(request: Any) -> Any:
            log("both begins")
            try:
                return await safe_async_response(get_response, request)
            except Exception as exc:
                log(f"both sees {type(exc).__name__}")
                raise
            finally:
                log("both ends")

        return amiddleware

    def middleware(request: Any) -> Any:
        log("both begins")
        try:
            return get_response(request)
        except Exception as exc:
            log(f"both sees {type(exc).__name__}")
            raise
        finally:
            log("both ends")

    return middleware


@sync_only_middleware
def only_sync(get_response: Any) -> Any:
    def middleware(request: Any) -> Any:
        log("sync begins")
        try:
            return get_response(request)
        except Exception as exc:
            log(f"sync sees {type(exc).__name__}")
            raise
        finally:
            log("sync ends")

    return middleware


@async_only_middleware
def only_async(get_response: Any) -> Any:
    async def middleware(request: Any) -> Any:
        log("async begins")
        await asyncio.sleep(0)
        try:
            return await get_response(request)
        except Exception as exc:
            log(f"async sees {type(exc).__name__}")
            raise
        finally:
            log("async ends")

    return middleware
