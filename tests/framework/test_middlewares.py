"""What runs around a call: middlewares and the hooks before and after the action."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import grpc
import pytest
from declared import stub_of
from django.test import override_settings
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError, NotFound, PermissionDenied
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
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

    def wait_for(self, event: str) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: event in self.events, PATIENCE)


log = Log()


@pytest.fixture(autouse=True)
def _empty_log() -> None:
    log.events.clear()


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
def refusing(context: Any) -> Iterator[None]:
    raise PermissionDenied("Not today.")
    yield


@contextmanager
def forgiving(context: Any) -> Iterator[None]:
    """Turns one error into another."""
    try:
        yield
    except NotFound:
        context.abort(StatusCode.OUT_OF_RANGE, "Forgiven.")


@contextmanager
def swallowing(context: Any) -> Iterator[None]:
    with suppress(NotFound):
        yield


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


@services
@kinds
@middlewares(outer, inner)
def test_first_middleware_is_the_outermost(mode: Mode, service: type[Service], kind: str) -> None:
    with stub_of(mode, service) as stub:
        assert call(stub, kind, "ab") == "ab"
        assert log.wait_for("outer ends")
    letters = ["a", "b"] if kind == "Stream" else []
    assert log.events == [
        f"outer begins Echo/{kind}".replace("Echo", service.__name__),
        "inner begins",
        "handler ab",
        *letters,
        "inner ends",
        "outer ends",
    ]


@services
@kinds
@middlewares(outer, inner)
def test_a_middleware_sees_the_error_of_a_handler(
    mode: Mode, service: type[Service], kind: str
) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        call(stub, kind, "missing")
    assert caught.value.code() is StatusCode.NOT_FOUND
    assert log.events[1:] == ["inner begins", "inner ends", "outer sees NotFound", "outer ends"]


@services
@kinds
@middlewares(outer, forgiving)
def test_a_middleware_may_change_an_error(mode: Mode, service: type[Service], kind: str) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        call(stub, kind, "missing")
    assert (caught.value.code(), caught.value.details()) == (StatusCode.OUT_OF_RANGE, "Forgiven.")


@services
@kinds
@middlewares(outer, refusing, inner)
def test_a_middleware_may_refuse_a_call(mode: Mode, service: type[Service], kind: str) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        call(stub, kind, "ab")
    assert caught.value.code() is StatusCode.PERMISSION_DENIED
    assert "Not today." in str(caught.value.details())
    assert log.events[1:] == ["outer sees PermissionDenied", "outer ends"]


@services
@kinds
@middlewares(swallowing)
def test_an_error_is_never_a_success_by_a_middleware(
    mode: Mode, service: type[Service], kind: str
) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        call(stub, kind, "missing")
    assert caught.value.code() is StatusCode.INTERNAL


@services
@middlewares(outer, inner)
def test_a_middleware_ends_when_the_client_leaves_a_stream(
    mode: Mode, service: type[Service]
) -> None:
    with stub_of(mode, service) as stub:
        replies = stub.Stream(text="endless")
        assert next(replies).text == "e"
        assert "outer ends" not in log.events
        replies.cancel()
        assert log.wait_for("outer ends")
    assert log.events.index("inner ends") < log.events.index("outer ends")
    assert any(event.startswith("outer sees ") for event in log.events), "it is no success"


@middlewares("not a function")
def test_a_middleware_that_does_not_import_is_refused_at_startup(mode: Mode) -> None:
    with pytest.raises(ConfigurationError, match="GRPC_MIDDLEWARE"), stub_of(mode, SyncEcho):
        pass
