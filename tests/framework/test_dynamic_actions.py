"""Actions that a class registers by code, the hooks of registration and its signal."""

from collections.abc import Iterator
from typing import Any

import pytest
from contracts import TagProtoSerializer, contract, lines, named
from declared import stub_of
from django_socio_grpc import generics, mixins
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError, ProtoRegistrationError
from django_socio_grpc.grpc_actions.actions import GRPCActionMixin
from django_socio_grpc.grpc_actions.placeholders import (
    AttrPlaceholder,
    Placeholder,
    SelfSerializer,
)
from django_socio_grpc.services import Service
from django_socio_grpc.signals import grpc_action_register
from django_socio_grpc.testing import Mode
from library.models import Tag

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


class Echo(GRPCActionMixin):
    """A mixin that declares its action when it knows the service."""

    pb: Any

    def Say(self, request: Any, context: Any) -> Any:
        """Say it again."""
        return self.pb.Said(text=request.text + self.pb.Said.DESCRIPTOR.name)

    def _before_registration(service_class: Any) -> None:
        service_class.said = "Said"

    def _dynamic_grpc_action_registry(service: Any) -> dict[str, dict[str, Any]]:
        return {"Say": {"request": TEXT, "response": TEXT, "response_name": service.said}}


class EchoService(Echo, Service):
    service_name = "Echo"

    @grpc_action(response=TEXT)
    def Hello(self, request: Any, context: Any) -> Any:
        return self.pb.EchoHelloResponse(text="hello")


def rpcs(*classes: type) -> dict[str, tuple[str, str]]:
    (service,) = contract(*classes).services
    return {rpc.name: (rpc.request, rpc.response) for rpc in service.rpcs}


def test_an_action_of_the_registry_is_served(mode: Mode) -> None:
    EchoService.register_actions()
    with stub_of(mode, EchoService) as stub:
        assert stub.Say(text="a").text == "aSaid"
        assert stub.Hello().text == "hello"


def test_it_is_in_the_contract_with_its_docstring() -> None:
    EchoService.register_actions()
    (service,) = contract(EchoService).services
    say = next(rpc for rpc in service.rpcs if rpc.name == "Say")
    assert (say.request, say.response, say.comment) == ("EchoSayRequest", "Said", "Say it again.")


def test_the_next_class_goes_first() -> None:
    class Loud(Echo, Service):
        service_name = "Echo"
        said = "Said"

        def _dynamic_grpc_action_registry(service: Any) -> dict[str, dict[str, Any]]:
            return {"Say": {"request": TEXT}}

    assert rpcs(Loud) == {"Say": ("EchoSayRequest", "google.protobuf.Empty")}


def test_registries_of_several_mixins_add_up() -> None:
    class Wave(GRPCActionMixin):
        def Wave(self, request: Any, context: Any) -> None: ...

        def _dynamic_grpc_action_registry(service: Any) -> dict[str, dict[str, Any]]:
            return {"Wave": {}}

    class Both(Wave, Echo, Service):
        said = "Said"

    assert set(rpcs(Both)) == {"Say", "Wave"}


def test_a_decorator_of_a_subclass_goes_before_the_registry() -> None:
    class Own(EchoService):
        said = "Said"

        @grpc_action()
        def Say(self, request: Any, context: Any) -> None: ...

    assert rpcs(Own)["Say"] == ("google.protobuf.Empty", "google.protobuf.Empty")


def test_the_registry_of_a_subclass_goes_before_a_decorator() -> None:
    class Tags(mixins.RetrieveModelMixin, generics.GenericService):
        queryset = Tag.objects.all()
        serializer_class = TagProtoSerializer

        def _dynamic_grpc_action_registry(service: Any) -> dict[str, dict[str, Any]]:
            return {"Retrieve": {"request": TEXT, "response": SelfSerializer}}

    assert rpcs(Tags) == {"Retrieve": ("TagsRetrieveRequest", "TagResponse")}


@pytest.mark.parametrize("kind", [classmethod, staticmethod])
def test_it_may_be_a_method_of_the_class(kind: Any) -> None:
    body = {
        "Say": lambda self, request, context: None,
        "_dynamic_grpc_action_registry": kind(lambda of: {"Say": {"request": TEXT}}),
    }
    assert set(rpcs(type("EchoService", (Service,), body))) == {"Say"}


# Placeholders


def test_a_placeholder_may_be_given_as_its_class() -> None:
    class Name(Placeholder):
        def resolve(self, service: Any) -> str:
            return "MyRequest"

    class Base(generics.GenericService):
        @grpc_action(
            request=AttrPlaceholder("_request"), request_name=Name, response=SelfSerializer
        )
        def Route(self, request: Any, context: Any) -> None: ...

    class Sub(Base):
        serializer_class = TagProtoSerializer
        _request: Any = []

        def Route(self, request: Any, context: Any) -> None: ...

    found = contract(Sub)
    assert rpcs(Sub) == {"Route": ("MyRequest", "TagResponse")}
    assert lines(named(found)["MyRequest"]) == []


# Hooks and the signal


@pytest.fixture
def announced() -> Iterator[list[tuple[Any, type, str]]]:
    seen: list[tuple[Any, type, str]] = []

    def receive(sender: Any, owner: type, name: str, **kwargs: Any) -> None:
        seen.append((sender, owner, name))

    grpc_action_register.connect(receive)
    yield seen
    grpc_action_register.disconnect(receive)


def test_each_action_is_announced(announced: list[tuple[Any, type, str]]) -> None:
    EchoService.register_actions()
    assert [(owner, name) for _, owner, name in announced] == [
        (EchoService, "Hello"),
        (EchoService, "Say"),
    ]
    assert [action.name for action, _, _ in announced] == ["Hello", "Say"]
    assert announced[1][0].response_name == "Said"


def test_every_class_has_its_hook_called_the_bases_first() -> None:
    called = []

    class First(GRPCActionMixin):
        def _before_registration(service_class: Any) -> None:
            called.append(("first", service_class))

    class Second(First, Service):
        @classmethod
        def _before_registration(cls) -> None:
            called.append(("second", cls))

    Second.register_actions()
    assert called == [("first", Second), ("second", Second)]


# What is refused


def refusal(**body: Any) -> str:
    with pytest.raises(ProtoRegistrationError) as caught:
        contract(type("EchoService", (Service,), body))
    return str(caught.value)


def registry(value: Any) -> Any:
    return lambda service: value


def handler(self: Any, request: Any, context: Any) -> None: ...


def test_an_rpc_that_is_declared_twice() -> None:
    text = refusal(
        Say=grpc_action()(lambda self, request, context: None),
        _dynamic_grpc_action_registry=registry({"Say": {}}),
    )
    assert "EchoService.Say has the decorator @grpc_action, and is in what" in text
    assert "Declare the rpc once." in text


def test_an_rpc_without_a_method() -> None:
    text = refusal(_dynamic_grpc_action_registry=registry({"Say": {}}))
    assert "has the rpc 'Say', but there is no method of that name" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "returns None. Return a dict"),
        ({"Say": None}, "has the rpc 'Say', with None. Give a dict."),
        (
            {"Say": {"requests": []}},
            "with 'requests', which is no argument of grpc_action. Did you",
        ),
        ({"Say": {"name": "X"}}, "with 'name', which is no argument"),
    ],
)
def test_a_registry_that_is_not_one(value: Any, text: str) -> None:
    assert text in refusal(Say=handler, _dynamic_grpc_action_registry=registry(value))


def test_a_decorator_without_parentheses() -> None:
    function: Any = handler
    with pytest.raises(ConfigurationError, match=r"handler lacks its parentheses: write @grpc_ac"):
        grpc_action(function)
