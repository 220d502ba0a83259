"""A service and its contract: what is stale is an error at startup, with its fix."""

from collections.abc import Callable
from typing import Any

import pytest
from compiled import compile_to_descriptors
from declared import Contract
from django_socio_grpc import generics
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.calls.binding import bind_service
from django_socio_grpc.contract.introspect import app_spec
from django_socio_grpc.contract.numbers import assign
from django_socio_grpc.contract.render import render
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.services import Service
from library.models import Author, Book

FIX = "Run: python manage.py generateproto"
TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


class EchoService(Service):
    service_name = "Echo"

    @grpc_action(request=TEXT, response=TEXT)
    def Say(self, request: Any, context: Any) -> Any: ...

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Spell(self, request: Any, context: Any) -> Any: ...


FILE = Contract(EchoService).file.name


def text_of(service: type[Service]) -> str:
    return render(assign(app_spec("tests", [service]), None))


def stale(edit: Callable[[str], str], service: type[Service] = EchoService) -> str:
    """Return the error of ``service`` with its contract as ``edit`` leaves it."""
    text = text_of(service)
    edited = edit(text)
    assert edited != text
    with pytest.raises(ConfigurationError) as caught:
        bind_service(service, compile_to_descriptors(edited))
    return str(caught.value)


def swap(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


def test_a_contract_that_is_up_to_date() -> None:
    name, plans = bind_service(EchoService, Contract(EchoService).file)
    assert name == "tests.EchoController"
    assert sorted(plans) == ["Say", "Spell"]
    assert EchoService.proto_package == "tests"


def test_a_service_that_the_contract_lacks() -> None:
    text = stale(swap("service EchoController", "service OtherController"))
    assert (
        text == f"EchoService is 'EchoController' on the wire, which {FILE} does not know. {FIX}"
    )


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("rpc Say(", "rpc Tell(", "it has no rpc 'Say'."),
        (
            "service EchoController {",
            "service EchoController {\n    rpc Sing(EchoSayRequest) returns (EchoSayResponse) {}",
            "the class has no action 'Sing'. Add the method, or, to remove the rpc:",
        ),
        (
            "rpc Say(EchoSayRequest",
            "rpc Say(stream EchoSayRequest",
            "the request of 'Say' is a stream in the file and not one in the class.",
        ),
        (
            "returns (stream EchoSpellResponse",
            "returns (EchoSpellResponse",
            "the response of 'Spell' is not a stream in the file and one in the class.",
        ),
        (
            "rpc Say(EchoSayRequest)",
            "rpc Say(EchoSpellRequest)",
            "the request of 'Say' is EchoSpellRequest in the file and EchoSayRequest in the "
            "class.",
        ),
        (
            "message EchoSayRequest {\n    string text = 1;",
            "message EchoSayRequest {\n    string words = 1;",
            "EchoSayRequest lacks text and still has words.",
        ),
        (
            "message EchoSayRequest {\n    string text = 1;",
            "message EchoSayRequest {\n    bool text = 1;",
            "EchoSayRequest.text is bool in the file and string in the class.",
        ),
        (
            "message EchoSayRequest {\n    string text = 1;",
            "message EchoSayRequest {\n    repeated string text = 1;",
            "EchoSayRequest.text is repeated string in the file and string in the class.",
        ),
    ],
)
def test_a_stale_contract(old: str, new: str, what: str) -> None:
    text = stale(swap(old, new))
    module = f"{FILE.removesuffix('.proto').replace('/', '.')}_pb2"
    assert text == f"{module} is not what EchoService declares: {what} {FIX}"


class AuthorSerializer(ModelProtoSerializer):
    class Meta:
        model = Author
        fields = ["id", "born"]


class AuthorService(generics.RetrieveService):
    queryset = Author.objects.all()
    serializer_class = AuthorSerializer


def test_a_field_that_may_be_null_now() -> None:
    text = stale(swap("optional string born", "string born"), AuthorService)
    assert "AuthorResponse.born is string in the file and optional string in the class." in text


def test_a_type_that_carries_the_value_too_is_not_stale() -> None:
    class ScoreSerializer(ModelProtoSerializer):
        class Meta:
            model = Book
            fields = ["id", "rating"]

    class ScoreService(generics.RetrieveService):
        queryset = Book.objects.all()
        serializer_class = ScoreSerializer

    text = text_of(ScoreService)
    assert "optional double rating" in text
    older = text.replace("optional double rating", "optional float rating")
    bind_service(ScoreService, compile_to_descriptors(older))


def test_a_contract_by_hand_has_messages_of_its_own() -> None:
    text = text_of(EchoService).replace("string text = 1;", "string text = 1; int32 n = 2;")
    bind_service(EchoService, compile_to_descriptors(text), check_messages=False)
    streams = text.replace("rpc Say(", "rpc Say(stream ")
    with pytest.raises(ConfigurationError, match="the request of 'Say' is a stream in the file"):
        bind_service(EchoService, compile_to_descriptors(streams), check_messages=False)
