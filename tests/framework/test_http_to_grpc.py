"""Decorators of Django's views around actions, in either colour, on both servers."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from cached import ByName
from declared import Stub, stub_of
from django.core.cache import cache
from django.http import HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_page, never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django_socio_grpc import mixins
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.concurrency import sync_twin
from django_socio_grpc.decorators import grpc_action, http_to_grpc
from django_socio_grpc.exceptions import InvalidArgument, NotFound
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from google.protobuf.struct_pb2 import Struct
from grpc import StatusCode
from library.models import Tag

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]
seen: list[Any] = []


@pytest.fixture(autouse=True)
def _nothing_seen() -> Iterator[None]:
    seen.clear()
    cache.clear()
    yield
    cache.clear()


def noted(view: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator of views as anybody writes it."""

    @functools.wraps(view)
    def wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append((request.method, request.path, request.headers.get("X-Word")))
        request.tenant = "ours"
        response = view(request, *args, **kwargs)
        response["X-Noted"] = "yes"
        return response

    return wrapper


def anoted(view: Callable[..., Any]) -> Callable[..., Any]:
    """The same, of async views alone."""

    @functools.wraps(view)
    async def wrapper(request: Any) -> Any:
        seen.append((request.method, request.path, request.headers.get("X-Word")))
        request.tenant = "ours"
        response = await view(request)
        response["X-Noted"] = "yes"
        return response

    return wrapper


def noted_method(method: Callable[..., Any]) -> Callable[..., Any]:
    """The same, of methods: what it decorates takes the service first."""

    @functools.wraps(method)
    def wrapper(service: Any, request: Any) -> Any:
        assert isinstance(service, Service)
        return noted(lambda request: method(service, request))(request)

    return wrapper


def refusing(response: Any) -> Callable[..., Any]:
    """A decorator that answers by itself."""
    return lambda view: lambda request: response


FORMS = {
    "of functions": http_to_grpc(noted),
    "method_decorator": http_to_grpc(method_decorator(noted)),
    "of methods": http_to_grpc(noted_method),
}


def service_with(
    decorator: Callable[..., Any], is_async: bool, **attributes: Any
) -> type[Service]:
    """A service with an action Say that this decorates."""

    def Say(self: Any, request: Any, context: Any) -> Any:
        seen.append((context.method, getattr(context, "tenant", None)))
        if request.text == "error":
            raise NotFound("No.")
        return self.pb.DecoratedSayResponse(text=request.text)

    async def ASay(self: Any, request: Any, context: Any) -> Any:
        return Say(self, request, context)

    handler = grpc_action(request=TEXT, response=TEXT)(decorator(ASay if is_async else Say))
    return type(
        "DecoratedService", (Service,), {"service_name": "Decorated", "Say": handler, **attributes}
    )


colours = pytest.mark.parametrize("is_async", [False, True], ids=["def", "async def"])


def say(stub: Stub, text: str = "a", **metadata: str) -> tuple[str, dict[str, Any]]:
    """The text of the reply, and the trailing metadata."""
    pairs = [(name.replace("_", "-"), value) for name, value in metadata.items()]
    request = stub.pb.DecoratedSayRequest(text=text)
    reply, call = stub.method("Say").with_call(request, metadata=pairs, timeout=10)
    return reply.text, dict(call.trailing_metadata() or ())


def error_of(stub: Stub, text: str = "a") -> Any:
    with pytest.raises(grpc.RpcError) as caught:
        say(stub, text)
    return caught.value


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


def test_the_order_with_grpc_action_is_free(mode: Mode) -> None:
    class AboveService(Service):
        service_name = "Above"
        pb: Any

        @http_to_grpc(noted)
        @grpc_action(request=TEXT, response=TEXT)
        def Say(self, request: Any, context: Any) -> Any:
            """Say it."""
            return self.pb.AboveSayResponse(text=request.text)

    assert AboveService.Say.__doc__ == "Say it."
    with stub_of(mode, AboveService) as stub:
        assert stub.Say(text="a").text == "a"
    assert seen


def test_an_override_may_give_another_request(mode: Mode) -> None:
    class Base(Service):
        service_name = "Given"
        pb: Any

        @grpc_action(request=TEXT, response=TEXT)
        @http_to_grpc(noted)
        def Say(self, request: Any, context: Any) -> Any:
            return self.pb.GivenSayResponse(text=request.text)

    class Louder(Base):
        def Say(self, request: Any, context: Any) -> Any:
            return super().Say(self.pb.GivenSayRequest(text=request.text.upper()), context)

    with stub_of(mode, Louder) as stub:
        assert stub.Say(text="a").text == "A"


def test_an_untouched_async_action_stays_one_hop() -> None:
    assert sync_twin(http_to_grpc(noted)(mixins.AsyncListModelMixin.List)) is not None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("support_async", [False, True])
def test_an_async_handler_may_query(mode: Mode, support_async: bool) -> None:
    Tag.objects.create(label="one")

    class CountService(Service):
        service_name = "Count"
        pb: Any

        @grpc_action(response=[{"name": "tags", "type": "int32"}])
        @http_to_grpc(never_cache, support_async=support_async)
        async def Tags(self, request: Any, context: Any) -> Any:
            return self.pb.CountTagsResponse(tags=await Tag.objects.acount())

    with stub_of(mode, CountService) as stub:
        assert stub.Tags().tags == 1


# The recipes of the documented API, word for word but for the types.


def vary_on_metadata(*headers: str) -> Callable[..., Any]:
    return http_to_grpc(vary_on_headers(*headers))


@functools.wraps(cache_page)
def cache_endpoint(*args: Any, **kwargs: Any) -> Callable[..., Any]:
    return http_to_grpc(
        method_decorator(cache_page(*args, **kwargs)),
        request_setter={"method": "GET"},
    )


class Recipe(Service):
    service_name = "Recipe"
    authentication_classes = [ByName]

    def answer(self, request: Any) -> Struct:
        seen.append(request.text)
        reply = Struct()
        reply.update({"text": f"{request.text} {len(seen)}"})
        return reply


class SyncRecipe(Recipe):
    @grpc_action(request=TEXT, response="google.protobuf.Struct")
    @cache_endpoint(300)
    @vary_on_metadata("x-tenant")
    def Ask(self, request: Any, context: Any) -> Any:
        if request.text == "error":
            raise InvalidArgument("No.")
        return self.answer(request)


class AsyncRecipe(SyncRecipe):
    @cache_endpoint(300)
    @vary_on_metadata("x-tenant")
    async def Ask(self, request: Any, context: Any) -> Any:
        if request.text == "error":
            raise InvalidArgument("No.")
        return self.answer(request)


@pytest.mark.parametrize("service", [SyncRecipe, AsyncRecipe])
def test_the_documented_recipe_of_a_cache(mode: Mode, service: type[Service]) -> None:
    """Django's own cache_page, which knows the request by its address, and that by its caller."""
    with stub_of(mode, service) as stub:

        def ask(text: str, *metadata: tuple[str, str]) -> str:
            reply = stub.options(metadata=metadata, timeout=10).Ask(text=text)
            return str(reply["text"])

        assert [ask("a"), ask("a"), ask("b"), ask("a")] == ["a 1", "a 1", "b 2", "a 1"]
        assert ask("a", ("x-tenant", "one")) == "a 3"
        assert [ask("a", ("x-user", "ada")), ask("a", ("x-user", "bob"))] == ["a 4", "a 5"]
        assert [ask("a", ("x-user", "ada")), ask("a", ("x-user", "bob"))] == ["a 4", "a 5"]
        assert [ask("a", ("x-user", "?")), ask("a", ("x-user", "?"))] == ["a 6", "a 7"]
        for _ in range(2):
            with pytest.raises(grpc.RpcError) as caught:
                ask("error")
            assert caught.value.code() is StatusCode.INVALID_ARGUMENT


def test_streams_are_refused() -> None:
    with pytest.raises(ValueError, match=r"@http_to_grpc\(noted\) is for actions with one"):
        FORMS["of functions"](mixins.StreamModelMixin.Stream)


def test_streams_are_refused_when_they_are_registered(mode: Mode) -> None:
    class WriterService(Service):
        service_name = "Writer"

        @grpc_action(request=TEXT, response=TEXT, request_stream=True)
        @http_to_grpc(noted)
        def Read(self, request: Any, context: Any) -> Any: ...

    refused = pytest.raises(ValueError, match=r"WriterService\.Read has a stream")
    with refused, stub_of(mode, WriterService):
        raise AssertionError("it serves")
