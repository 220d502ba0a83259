"""Middlewares that are none, answer nothing or are not to be used, and how many are made."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import grpc
import pytest
from around import AsyncEcho, SyncEcho, call, kinds, log, middlewares, outer, services
from asgiref.sync import iscoroutinefunction
from declared import stub_of
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpResponse
from django.test import override_settings
from django.utils.decorators import (
    sync_and_async_middleware,
)
from django.utils.deprecation import MiddlewareMixin
from django_socio_grpc.context import Context
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.middlewares import log_requests_middleware
from django_socio_grpc.middlewares.around import around
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode


@pytest.fixture(autouse=True)
def _empty_log() -> None:
    log.events.clear()


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


class Forgetful(log_requests_middleware):
    def __exit__(self, *_: object) -> bool:  # type: ignore[override]
        return True


def test_a_class_made_of_one_that_swallows_no_error_is_watched_again() -> None:
    assert around([log_requests_middleware]) is log_requests_middleware
    context: Any = Context(cast("Any", None), "Some", "Do")
    manager = around([Forgetful])
    assert manager is not None
    with pytest.raises(RuntimeError, match="has swallowed the error"), manager(context):
        raise ValueError
