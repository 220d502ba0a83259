"""What middlewares as Django's do with requests and responses, and those that are wrong."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import grpc
import pytest
from around import AsyncEcho, SyncEcho, call, kinds, log, middlewares, outer, services
from asgiref.sync import iscoroutinefunction
from declared import stub_of
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpResponse, HttpResponseForbidden
from django.test import override_settings
from django.utils.decorators import (
    sync_and_async_middleware,
)
from django.utils.deprecation import MiddlewareMixin
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.request_transformer import GRPCResponseContainer
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode


@pytest.fixture(autouse=True)
def _empty_log() -> None:
    log.events.clear()


class Shout(MiddlewareMixin):
    """Changes the request and the reply, or the replies."""

    def process_request(self, request: Any) -> None:
        if request.action == "Unary":
            request.grpc_request.text += "c"

    def process_response(self, request: Any, response: Any) -> Any:
        replies = response.grpc_response
        if not response.streaming:
            replies.text = replies.text.upper()
        elif response.is_async:
            response.grpc_response = self.ashouted(replies)
        else:
            response.grpc_response = self.shouted(replies)
        return response

    def shouted(self, replies: Iterator[Any]) -> Iterator[Any]:
        for reply in replies:
            reply.text = reply.text.upper()
            yield reply
        log("all said")

    async def ashouted(self, replies: AsyncIterator[Any]) -> AsyncIterator[Any]:
        async for reply in replies:
            reply.text = reply.text.upper()
            yield reply
        log("all said")


@services
@kinds
@middlewares(Shout)
def test_request_and_replies_may_be_changed(mode: Mode, service: type[Service], kind: str) -> None:
    with stub_of(mode, service) as stub:
        assert call(stub, kind, "ab") == ("ABC" if kind == "Unary" else "AB")
        assert ("all said" in log.events) is (kind in {"Stream", "Chat"})


@sync_and_async_middleware
def instead(get_response: Any) -> Any:
    """Replaces the request by another, and answers some by itself."""

    def answer(request: Any) -> Any:
        message = type(request.service).pb.EchoUnaryResponse(text="by itself")
        return GRPCResponseContainer(message)

    def replace(request: Any) -> None:
        message = type(request.grpc_request)(text="another")
        request.grpc_request = message

    def middleware(request: Any) -> Any:
        if request.grpc_request.text == "short":
            return answer(request)
        replace(request)
        return get_response(request)

    async def amiddleware(request: Any) -> Any:
        if request.grpc_request.text == "short":
            return answer(request)
        replace(request)
        return await get_response(request)

    return amiddleware if iscoroutinefunction(get_response) else middleware


@services
@middlewares(instead)
def test_a_request_may_be_replaced_or_answered(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        assert call(stub, "Unary", "short") == "by itself"
        assert log.events == []
        assert call(stub, "Unary", "ab") == "another"


class Marked(MiddlewareMixin):
    """Sets headers and cookies, and reads what the handler has set."""

    def process_response(self, request: Any, response: Any) -> Any:
        response["X-Seen"] = response.get("x-last", "nothing")
        response.headers["X-Name"] = "Zoë\tn"
        response["Content-Length"] = "7"
        response.headers.setdefault("X-Last", "never")
        response.set_cookie("a", "1", httponly=True)
        response.set_cookie("b", "2")
        if "x-gone" in response:
            del response["X-Gone"]
        return response


class Telling(SyncEcho):
    def Unary(self, request: Any, context: Any) -> Any:
        context.set_trailing_metadata(
            [("x-last", "one"), ("x-last", "two"), ("x-gone", "a"), ("x-data-bin", b"\0")]
        )
        if request.text == "code":
            context.set_code(StatusCode.DATA_LOSS)
        return super().Unary(request, context)

    def Stream(self, request: Any, context: Any) -> Any:
        yield self.pb.EchoStreamResponse(text="a")
        context.set_trailing_metadata([("x-late", "late")])
        if request.text == "missing":
            context.abort(StatusCode.DATA_LOSS, "half way")
        yield self.pb.EchoStreamResponse(text="b")


class AsyncTelling(Telling):
    async def Unary(self, request: Any, context: Any) -> Any:
        return super().Unary(request, context)

    async def Stream(self, request: Any, context: Any) -> Any:
        for reply in super().Stream(request, context):
            yield reply


tellers = pytest.mark.parametrize("service", [Telling, AsyncTelling])


def trailers(metadata: Any) -> list[tuple[str, Any]]:
    return sorted((name, value) for name, value in metadata if not name.startswith("grpc-"))


COOKIES = [("set-cookie", "a=1; HttpOnly; Path=/"), ("set-cookie", "b=2; Path=/")]


@tellers
@middlewares(Marked)
def test_headers_and_cookies_are_trailing_metadata(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        reply, done = stub.method("Unary").with_call(stub.pb.EchoUnaryRequest(text="ab"))
    assert reply.text == "ab"
    assert trailers(done.trailing_metadata()) == [
        *COOKIES,
        ("x-data-bin", b"\0"),
        ("x-last", "one"),
        ("x-last", "two"),
        ("x-name", "Zo%C3%AB%09n"),
        ("x-seen", "two"),
    ]


@tellers
@middlewares(Marked)
@pytest.mark.parametrize(
    ("text", "code"), [("ab", StatusCode.OK), ("missing", StatusCode.DATA_LOSS)]
)
def test_headers_of_a_stream_are_sent_at_its_end_whatever_that_is(
    mode: Mode, service: type[Service], text: str, code: StatusCode
) -> None:
    with stub_of(mode, service) as stub:
        replies = stub.options(timeout=10).Stream(text=text)
        assert next(replies).text == "a"
        with suppress(grpc.RpcError):
            list(replies)
        assert replies.code() is code
    assert trailers(replies.trailing_metadata())[:4] == [
        *COOKIES,
        ("x-last", "never"),
        ("x-late", "late"),
    ]


class Hooked(MiddlewareMixin):
    """All that Django calls next to a view."""

    sync_capable = async_capable = True

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> Any:
        log(f"view {view.__name__} {args} {kwargs}")
        return HttpResponseForbidden() if request.META.get("x-stop") else None

    def process_exception(self, request: Any, exc: Exception) -> Any:
        log(f"exception {type(exc).__name__}")
        message = type(request.service).pb.EchoUnaryResponse(text="saved")
        return GRPCResponseContainer(message) if request.META.get("x-save") else None


class HookedFirst(Hooked):
    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> Any:
        log("first view")

    def process_exception(self, request: Any, exc: Exception) -> Any:
        log("last exception")


class AsyncHooked(Hooked):
    async def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> Any:
        return super().process_view(request, view, args, kwargs)

    async def process_exception(self, request: Any, exc: Exception) -> Any:
        return super().process_exception(request, exc)


@services
@pytest.mark.parametrize("hooked", [Hooked, AsyncHooked])
def test_the_hooks_next_to_a_view(mode: Mode, service: type[Service], hooked: type) -> None:
    listed = {"GRPC_MIDDLEWARE": [HookedFirst, hooked]}
    with override_settings(GRPC_FRAMEWORK=listed), stub_of(mode, service) as stub:
        assert call(stub, "Unary", "ab") == "ab"
        assert log.events == ["first view", "view Unary () {}", "handler ab"]
        log.events.clear()

        saving = stub.options(metadata=[("x-save", "1")])
        assert call(saving, "Unary", "missing") == "saved"
        assert log.events[2:] == ["exception NotFound"]
        log.events.clear()

        with pytest.raises(grpc.RpcError) as caught:
            call(stub, "Unary", "missing")
        assert caught.value.code() is StatusCode.NOT_FOUND
        assert log.events[2:] == ["exception NotFound", "last exception"]

        stopping = stub.options(metadata=[("x-stop", "1")])
        with pytest.raises(grpc.RpcError) as caught:
            call(stopping, "Unary", "ab")
        assert caught.value.code() is StatusCode.PERMISSION_DENIED
        assert "Forbidden" in str(caught.value.details())


class Timed:
    """A context manager that is a class."""

    def __init__(self, context: Any, name: str = "timed") -> None:
        self.name = name

    def __enter__(self) -> None:
        log(f"{self.name} begins")

    def __exit__(self, *error: object) -> None:
        log(f"{self.name} ends")


class Named:
    """An object that makes context managers."""

    @contextmanager
    def __call__(self, context: Any) -> Iterator[None]:
        log("named begins")
        yield
        log("named ends")


@services
@middlewares(Timed, Named(), partial(Timed, name="partial"))
def test_a_context_manager_may_be_made_in_many_ways(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        assert call(stub, "Unary", "ab") == "ab"
        assert log.wait_for("timed ends")
    names = ["timed", "named", "partial"]
    assert log.events == [
        *(f"{name} begins" for name in names),
        "handler ab",
        *(f"{name} ends" for name in reversed(names)),
    ]


# Wrong ones


def answering(response: Any) -> Any:
    @sync_and_async_middleware
    def middleware(get_response: Any) -> Any:
        def answer(request: Any) -> Any:
            return response

        async def aanswer(request: Any) -> Any:
            return response

        return aanswer if iscoroutinefunction(get_response) else answer

    return middleware


@services
@kinds
@pytest.mark.parametrize("response", [None, "text", HttpResponse("no message")])
def test_a_middleware_that_answers_nothing_is_a_fault_that_names_it(
    mode: Mode,
    service: type[Service],
    kind: str,
    response: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    listed = {"GRPC_MIDDLEWARE": [outer, answering(response)]}
    with override_settings(GRPC_FRAMEWORK=listed), stub_of(mode, service) as stub:
        with pytest.raises(grpc.RpcError) as caught:
            call(stub, kind, "ab")
        assert caught.value.code() is StatusCode.INTERNAL
    assert "answering.<locals>.middleware has answered" in caplog.text
    assert "Return what get_response(request) returns" in caplog.text


def takes_nothing() -> None: ...


def makes_nothing(get_response: Any) -> None: ...


def makes_async(get_response: Any) -> Any:
    async def middleware(request: Any) -> Any: ...

    return middleware


async def is_itself_async(get_response: Any) -> Any: ...


def generates(context: Any) -> Iterator[None]:
    yield


async def agenerates(context: Any) -> AsyncIterator[None]:
    yield


def manages(context: Any) -> Any:
    return outer(context)


class Neither(MiddlewareMixin):
    sync_capable = async_capable = False


@pytest.mark.parametrize(
    ("middleware", "message"),
    [
        (takes_nothing, r"takes_nothing takes no get_response: too many positional"),
        (makes_nothing, r"makes_nothing has made None of get_response"),
        (makes_async, r"makes_async has made an async function"),
        (is_itself_async, r"is_itself_async is itself async"),
        (generates, r"generates is a generator. Decorate it"),
        (agenerates, r"agenerates is an async context manager"),
        (manages, r"manages has made <contextlib"),
        (Neither, r"Neither is neither sync_capable nor async_capable"),
    ],
)
def test_a_middleware_that_is_none_is_refused_at_startup(
    mode: Mode, middleware: Any, message: str
) -> None:
    with (
        override_settings(GRPC_FRAMEWORK={"GRPC_MIDDLEWARE": [middleware]}),
        pytest.raises(ConfigurationError, match=message),
        stub_of(mode, SyncEcho),
    ):
        pass


@sync_and_async_middleware
def unused(get_response: Any) -> Any:
    raise MiddlewareNotUsed


@services
@middlewares(unused, outer)
def test_a_middleware_may_say_that_it_is_not_to_be_used(
    mode: Mode, service: type[Service]
) -> None:
    with stub_of(mode, service) as stub:
        assert call(stub, "Unary", "ab") == "ab"
        assert log.wait_for("outer ends")


class Counted:
    """As Django says, one instance serves all calls."""

    made = 0

    def __init__(self, get_response: Any) -> None:
        Counted.made += 1
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        return self.get_response(request)


@middlewares(Counted)
def test_a_middleware_is_made_once_for_each_colour_of_handlers(mode: Mode) -> None:
    Counted.made = 0
    with stub_of(
        mode, SyncEcho, type("OtherEcho", (SyncEcho,), {"service_name": "Other"})
    ) as stub:
        assert call(stub, "Unary", "ab") == "ab"
    assert Counted.made == 1
    with stub_of(mode, AsyncEcho) as stub:
        assert call(stub, "Unary", "ab") == "ab"
    assert Counted.made == 2
