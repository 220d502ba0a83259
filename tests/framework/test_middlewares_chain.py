"""Middlewares as Django's, around calls of all kinds, in both colours, on both servers."""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from around import (
    both,
    call,
    forgiving,
    inner,
    kinds,
    log,
    middlewares,
    only_async,
    only_sync,
    outer,
    services,
)
from asgiref.sync import iscoroutinefunction
from declared import stub_of
from django.test import override_settings
from django.utils import translation
from django.utils.decorators import (
    sync_and_async_middleware,
)
from django.utils.deprecation import MiddlewareMixin
from django_socio_grpc.exceptions import PermissionDenied
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from django_socio_grpc.utils.utils import safe_async_response
from grpc import StatusCode
from polyglots import TIMES, polyglots


@pytest.fixture(autouse=True)
def _empty_log() -> None:
    log.events.clear()


def unmarked(get_response: Any) -> Any:
    """As Django's simplest: sync, and nothing says so."""

    def middleware(request: Any) -> Any:
        log("unmarked begins")
        response = get_response(request)
        log("unmarked ends")
        return response

    return middleware


class Classic(MiddlewareMixin):
    def process_request(self, request: Any) -> None:
        log("classic begins")

    def process_response(self, request: Any, response: Any) -> Any:
        log("classic ends")
        return response


def ends_of(kind: str, service: type[Service], *names: str) -> list[str]:
    """What is logged of a call through middlewares of these names, each around the next."""
    if kind != "Stream":
        handler = ["handler ab"]
        tail = []
    else:  # the middlewares have the response when the first reply is there
        handler, tail = ["handler ab", "a"], ["b"]
    managers = {"inner", "outer"}
    begins = [f"{name} begins" for name in names]
    streams = kind in {"Stream", "Chat"}
    ends = [f"{name} ends" for name in reversed(names) if not (streams and name in managers)]
    late = [f"{name} ends" for name in reversed(names) if streams and name in managers]
    return [*begins, *handler, *ends, *tail, *late]


@services
@kinds
@pytest.mark.parametrize(
    "made",
    [
        (both, only_sync, inner, only_async, unmarked, Classic),
        (Classic, unmarked, only_async, inner, only_sync, both),
        (inner, only_async),
        (only_sync, inner),
    ],
)
def test_the_first_is_the_outermost_whatever_its_style(
    mode: Mode, service: type[Service], kind: str, made: tuple[Any, ...]
) -> None:
    names = {both: "both", only_sync: "sync", only_async: "async", inner: "inner"}
    names |= {unmarked: "unmarked", Classic: "classic"}
    with (
        override_settings(GRPC_FRAMEWORK={"GRPC_MIDDLEWARE": [*made]}),
        stub_of(mode, service) as stub,
    ):
        assert call(stub, kind, "ab") == "ab"
        expected = ends_of(kind, service, *(names[each] for each in made))
        assert log.wait_for(expected[-1])
    assert log.events == expected


@services
@kinds
@middlewares(both, only_sync, inner, only_async)
def test_an_error_passes_through_as_the_exception_that_it_is(
    mode: Mode, service: type[Service], kind: str
) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        call(stub, kind, "missing")
    assert caught.value.code() is StatusCode.NOT_FOUND
    assert [event for event in log.events if " sees " in event] == [
        "async sees NotFound",
        "sync sees NotFound",
        "both sees NotFound",
    ]
    assert log.events.count("inner ends") == 1


@services
@kinds
@middlewares(both, forgiving)
def test_a_middleware_sees_the_error_that_one_within_it_has_made(
    mode: Mode, service: type[Service], kind: str
) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        call(stub, kind, "missing")
    assert (caught.value.code(), caught.value.details()) == (StatusCode.OUT_OF_RANGE, "Forgiven.")
    assert "both sees Abort" in log.events


@sync_and_async_middleware
def refusing(get_response: Any) -> Any:
    def refuse(request: Any) -> Any:
        raise PermissionDenied("Not today.")

    async def arefuse(request: Any) -> Any:
        raise PermissionDenied("Not today.")

    return arefuse if iscoroutinefunction(get_response) else refuse


@services
@kinds
@middlewares(both, refusing, only_sync)
def test_a_middleware_may_refuse_a_call(mode: Mode, service: type[Service], kind: str) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        call(stub, kind, "ab")
    assert caught.value.code() is StatusCode.PERMISSION_DENIED
    assert log.events == ["both begins", "both sees PermissionDenied", "both ends"]


# The documented example of a middleware of one's own, as it is.


@sync_and_async_middleware
def documented_locale_middleware(get_response: Callable[..., Any]) -> Callable[..., Any]:
    if asyncio.iscoroutinefunction(get_response):

        async def middleware(request: Any) -> Any:
            language = translation.get_language_from_request(request.context)
            translation.activate(language)
            return await safe_async_response(get_response, request)

    else:

        def middleware(request: Any) -> Any:  # type: ignore[misc]
            language = translation.get_language_from_request(request.context)
            translation.activate(language)
            return get_response(request)

    return middleware


@polyglots
@kinds
@pytest.mark.parametrize("around", [(), (only_sync,), (only_async,), (outer,)])
def test_the_documented_locale_middleware(
    mode: Mode, service: type[Service], kind: str, around: tuple[Any, ...]
) -> None:
    """The language is active in the whole call, and in no other."""
    listed = [*around, documented_locale_middleware, *around]
    with (
        override_settings(GRPC_FRAMEWORK={"GRPC_MIDDLEWARE": listed}),
        stub_of(mode, service) as stub,
    ):
        for language, word in [("de", "Januar"), ("fr", "janvier"), ("", "January")]:
            spoken = stub.options(metadata=[("accept-language", language)])
            assert call(spoken, kind, "January") == word * TIMES[kind]
