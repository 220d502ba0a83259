"""Methods that can be no handler of their action: an error before anything is served."""

from collections.abc import AsyncIterator, Iterator
from functools import wraps
from typing import Any

import pytest
from contracts import contract
from declared import stub_of
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import cache_endpoint, grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from tag_actions import AsyncTags, SyncTags

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


def error(service: type[Service]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        contract(service)
    return str(caught.value)


@pytest.mark.parametrize("request_stream", [False, True])
def test_one_reply_by_a_generator(request_stream: bool) -> None:
    class Word(Service):
        @grpc_action(request=TEXT, response=TEXT, request_stream=request_stream)
        def Say(self, request: Any, context: Any) -> Iterator[Any]:
            yield

    class AsyncWord(Service):
        @grpc_action(request=TEXT, response=TEXT, request_stream=request_stream)
        async def Say(self, request: Any, context: Any) -> AsyncIterator[Any]:
            yield

    for service in (Word, AsyncWord):
        assert error(service) == (
            f"{service.__name__}.Say yields, but its action has one reply. Return the reply, or "
            "declare @grpc_action(response_stream=True)."
        )


@pytest.mark.parametrize("base", [SyncTags, AsyncTags])
def test_an_override_that_yields_what_has_one_reply(mode: Mode, base: type[Any]) -> None:
    class Tags(base):  # type: ignore[misc]
        def List(self, request: Any, context: Any) -> Iterator[Any]:
            yield from super().List(request, context).results

    refused = pytest.raises(ConfigurationError, match=r"Tags\.List yields, but its action has one")
    with refused, stub_of(mode, Tags):
        raise AssertionError("it serves")


def test_a_method_that_cannot_take_the_call() -> None:
    class Word(Service):
        @grpc_action(response=TEXT)
        def Say(self, request: Any) -> None: ...

    class Needy(Service):
        @grpc_action(response=TEXT)
        async def Say(self, request: Any, context: Any, tenant: Any) -> None: ...

    assert error(Word) == (
        "Word.Say cannot serve a call (too many positional arguments). A handler takes self, "
        "request and context."
    )
    assert error(Needy).startswith("Needy.Say cannot serve a call (missing a required argument: ")


def test_a_method_without_an_instance() -> None:
    class Word(Service):
        @grpc_action(response=TEXT)
        @staticmethod
        def Say(request: Any, context: Any) -> None: ...

    class ClassWord(Service):
        @classmethod
        @grpc_action(response=TEXT)
        def Say(cls, request: Any, context: Any) -> None: ...

    for service, kind in ((Word, "staticmethod"), (ClassWord, "classmethod")):
        assert error(service) == (
            f"{service.__name__}.Say is an action and a {kind}. Remove the decorator @{kind}: a "
            "handler is a method of the instance that serves the call."
        )


def with_tenant(function: Any) -> Any:
    """A decorator that gives the handler one argument more."""

    @wraps(function)
    def wrapper(self: Any, request: Any, context: Any) -> Any:
        return function(self, request, context, "ours")

    return wrapper


class Callable:
    """A handler that is no function."""

    def __call__(self, service: Any, request: Any, context: Any) -> Any:
        return service.pb.WordCallResponse(text="called")


class WordService(Service):
    service_name = "Word"
    pb: Any

    @grpc_action(response=TEXT)
    @with_tenant
    def Say(self, request: Any, context: Any, tenant: str) -> Any:
        return self.pb.WordSayResponse(text=tenant)

    @grpc_action(response=TEXT)
    def Default(self, request: Any, context: Any, tenant: str = "theirs") -> Any:
        return self.pb.WordDefaultResponse(text=tenant)

    @grpc_action(response=TEXT)
    @cache_endpoint(0)
    async def Every(self, *args: Any, **kwargs: Any) -> Any:
        return self.pb.WordEveryResponse(text=str(len(args)))

    Call = grpc_action(response=TEXT)(Callable())


def test_what_can_take_the_call_is_served(mode: Mode) -> None:
    with stub_of(mode, WordService) as stub:
        replies = [stub.Say(), stub.Default(), stub.Every(), stub.Call()]
    assert [reply.text for reply in replies] == ["ours", "theirs", "2", "called"]
