"""Which message class stands for a serializer class."""

from types import SimpleNamespace
from typing import Any

import pytest
from declared import Contract
from django_socio_grpc.calls.binding import bind_service
from django_socio_grpc.codec import UnboundSerializer, bind, call_messages, message_class_for
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.proto_serializers import ProtoSerializer
from django_socio_grpc.services import Service
from messages import messages
from rest_framework import serializers

ONE = messages(package="one", A="string name", B="string name", L="repeated A results")
TWO = messages(package="two", A="string name")
BARE = messages(package="", A="string name")


@pytest.fixture
def cls() -> type[ProtoSerializer]:
    class Fresh(ProtoSerializer):
        pass

    return Fresh


def test_what_was_bound_is_found(cls: type[ProtoSerializer]) -> None:
    bind(cls, ONE.A)
    bind(cls, ONE.L, many=True)
    assert message_class_for(cls) is ONE.A
    assert message_class_for(cls, many=True) is ONE.L


def test_a_later_class_of_the_same_package_replaces_the_first(cls: type[ProtoSerializer]) -> None:
    bind(cls, ONE.A)
    bind(cls, ONE.B)
    assert message_class_for(cls) is ONE.B


def test_the_package_of_the_service_decides(cls: type[ProtoSerializer]) -> None:
    bind(cls, ONE.A)
    bind(cls, TWO.A)
    for package, found in {"one": ONE.A, "two": TWO.A}.items():
        service = SimpleNamespace(proto_package=package)
        assert message_class_for(cls, service=service) is found


def test_no_package_is_a_package_as_well(cls: type[ProtoSerializer]) -> None:
    bind(cls, ONE.A)
    bind(cls, BARE.A)
    assert message_class_for(cls, service=object()) is BARE.A


def test_meta_wins() -> None:
    class Declared(ProtoSerializer):
        class Meta:
            proto_class = ONE.B
            proto_class_list = ONE.L

    bind(Declared, ONE.A)
    assert message_class_for(Declared) is ONE.B
    assert message_class_for(Declared, many=True) is ONE.L


def test_what_the_action_of_the_call_answers_with_is_before_what_is_bound(
    cls: type[ProtoSerializer],
) -> None:
    bind(cls, ONE.A)
    bind(cls, TWO.A)
    token = call_messages.set({(cls, False): ONE.B, (cls, True): ONE.L})
    try:
        assert message_class_for(cls) is ONE.B
        assert message_class_for(cls, service=SimpleNamespace(proto_package="two")) is ONE.B
        assert message_class_for(cls, many=True) is ONE.L
    finally:
        call_messages.reset(token)
    assert message_class_for(cls, service=SimpleNamespace(proto_package="two")) is TWO.A


def test_a_serializer_that_the_action_does_not_answer_with_is_what_was_bound(
    cls: type[ProtoSerializer],
) -> None:
    bind(cls, ONE.A)
    token = call_messages.set({(ProtoSerializer, False): ONE.B, (cls, True): ONE.L})
    try:
        assert message_class_for(cls) is ONE.A
    finally:
        call_messages.reset(token)


def test_meta_wins_over_the_action_of_the_call() -> None:
    class Declared(ProtoSerializer):
        class Meta:
            proto_class = ONE.A

    token = call_messages.set({(Declared, False): ONE.B})
    try:
        assert message_class_for(Declared) is ONE.A
    finally:
        call_messages.reset(token)


@pytest.mark.parametrize(
    ("many", "option"), [(False, "Meta.proto_class"), (True, "Meta.proto_class_list")]
)
def test_an_unbound_serializer_is_named(
    cls: type[ProtoSerializer], many: bool, option: str
) -> None:
    with pytest.raises(UnboundSerializer, match=f'Class Fresh missing "{option}" attribute'):
        message_class_for(cls, many=many)


def test_two_packages_and_no_service_is_an_error(cls: type[ProtoSerializer]) -> None:
    bind(cls, ONE.A)
    bind(cls, TWO.A)
    with pytest.raises(UnboundSerializer, match=r"packages one, two each have one"):
        message_class_for(cls, service=SimpleNamespace(proto_package="three"))


def test_the_error_is_one_of_configuration_and_an_assertion() -> None:
    assert issubclass(UnboundSerializer, ConfigurationError)
    assert issubclass(UnboundSerializer, AssertionError)


def test_serializers_of_one_name_and_equal_fields_share_their_message() -> None:
    def word() -> Any:
        fields = {"text": serializers.CharField()}
        return type("WordSerializer", (ProtoSerializer,), fields)

    first, second = word(), word()

    class WordService(Service):
        service_name = "Word"

        @grpc_action(response=first)
        def Ask(self, request: Any, context: Any) -> None: ...

        @grpc_action(response=second)
        def Tell(self, request: Any, context: Any) -> None: ...

    contract = Contract(WordService)
    bind_service(WordService, contract.file)
    assert message_class_for(first) is contract.pb.WordResponse
    assert message_class_for(second) is contract.pb.WordResponse
