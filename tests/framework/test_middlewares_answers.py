"""What middlewares as Django's do with requests and responses."""

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import grpc
import pytest
from around import SyncEcho, call, kinds, log, middlewares, services
from asgiref.sync import iscoroutinefunction
from declared import stub_of
from django.utils.decorators import (
    sync_and_async_middleware,
)
from django.utils.deprecation import MiddlewareMixin
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
