"""The recipes of the documented API, word for word but for the types."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from cached import ByName
from declared import stub_of
from django.core.cache import cache
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_page
from django.views.decorators.vary import vary_on_headers
from django_socio_grpc.decorators import grpc_action, http_to_grpc
from django_socio_grpc.exceptions import InvalidArgument
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from google.protobuf.struct_pb2 import Struct
from grpc import StatusCode
from views import TEXT, seen


@pytest.fixture(autouse=True)
def _nothing_seen() -> Iterator[None]:
    seen.clear()
    cache.clear()
    yield
    cache.clear()


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
