"""Decorators of Django's views around actions, in either colour, on both servers."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from declared import stub_of
from django.core.cache import cache
from django.http import HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_socio_grpc.decorators import http_to_grpc
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from views import FORMS, anoted, colours, error_of, refusing, say, seen, service_with


@pytest.fixture(autouse=True)
def _nothing_seen() -> Iterator[None]:
    seen.clear()
    cache.clear()
    yield
    cache.clear()


@colours
@pytest.mark.parametrize("form", FORMS)
def test_a_decorator_sees_the_call_as_a_request(mode: Mode, is_async: bool, form: str) -> None:
    with stub_of(mode, service_with(FORMS[form], is_async)) as stub:
        text, trailing = say(stub, x_word="hello")
    assert text == "a"
    assert seen == [("POST", "DecoratedService/Say", "hello"), ("POST", "ours")]
    assert trailing["x-noted"] == "yes"


def test_a_decorator_of_async_views(mode: Mode) -> None:
    decorator = http_to_grpc(anoted, support_async=True)
    with stub_of(mode, service_with(decorator, True)) as stub:
        text, trailing = say(stub, x_word="hello")
    assert (text, trailing["x-noted"]) == ("a", "yes")
    assert seen == [("POST", "DecoratedService/Say", "hello"), ("POST", "ours")]


@colours
@pytest.mark.parametrize("support_async", [False, True])
def test_what_the_handler_raises_passes_through(
    mode: Mode, is_async: bool, support_async: bool
) -> None:
    decorator = http_to_grpc(never_cache, support_async=support_async)
    with stub_of(mode, service_with(decorator, is_async)) as stub:
        assert error_of(stub, "error").code() is StatusCode.NOT_FOUND


@colours
def test_setters(mode: Mode, is_async: bool) -> None:
    """The method of the request is the decorator's; permissions in the handler see the call's."""

    def checked(view: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(request: Any) -> Any:
            response = view(request)
            seen.append((request.method, request.word, response.status_code))
            return response

        return wrapper

    decorator = http_to_grpc(
        checked,
        request_setter={"method": "GET", "word": "set"},
        response_setter={"status_code": 201},
    )
    with stub_of(mode, service_with(decorator, is_async)) as stub:
        say(stub)
        error_of(stub, "error")
    assert seen == [("POST", None), ("GET", "set", 201), ("POST", None)]


@colours
def test_attributes_that_were_set_before_are_there_after_the_setter(
    mode: Mode, is_async: bool
) -> None:
    inner = http_to_grpc(never_cache, request_setter={"tenant": "theirs"})

    def both(function: Any) -> Any:
        return FORMS["of functions"](inner(function))

    with stub_of(mode, service_with(both, is_async)) as stub:
        say(stub)
    assert seen[-1] == ("POST", "ours")


@colours
@pytest.mark.parametrize(
    ("decorator", "code"),
    [
        (require_safe, StatusCode.UNIMPLEMENTED),
        (refusing(HttpResponseForbidden()), StatusCode.PERMISSION_DENIED),
        (refusing(HttpResponseRedirect("/login")), StatusCode.UNKNOWN),
        (refusing(HttpResponse("a page")), StatusCode.INTERNAL),
        (refusing(None), StatusCode.INTERNAL),
    ],
)
def test_a_response_of_the_decorator_s_own(
    mode: Mode, is_async: bool, decorator: Any, code: StatusCode
) -> None:
    with stub_of(mode, service_with(http_to_grpc(decorator), is_async)) as stub:
        assert error_of(stub).code() is code
    assert not seen


@colours
def test_decorators_that_let_the_call_in(mode: Mode, is_async: bool) -> None:
    with stub_of(mode, service_with(http_to_grpc(require_POST), is_async)) as stub:
        assert say(stub)[0] == "a"
