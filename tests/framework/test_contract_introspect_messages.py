"""Services -> contract: the messages of actions, their names and whose they are."""

from typing import Any

import pytest
from contracts import (
    AuthorSerializer,
    BookProtoSerializer,
    BookService,
    TagProtoSerializer,
    contract,
    lines,
    named,
    rpc,
    service,
)
from django.test import override_settings
from django_socio_grpc.actions import FnPlaceholder
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.schema.model import (
    EMPTY,
    STRUCT,
    Side,
)
from rest_framework import serializers


def test_serializer_gives_a_request_and_a_response() -> None:
    found = contract(
        service(Create={"request": BookProtoSerializer, "response": BookProtoSerializer})
    )
    assert (rpc(found).request, rpc(found).response) == ("BookRequest", "BookResponse")
    assert lines(named(found)["BookRequest"]) == [
        "optional int64 id",
        "string title",
        "repeated TagRequest tags",
    ]
    assert lines(named(found)["BookResponse"]) == [
        "int64 id",
        "string title",
        "repeated TagResponse tags",
        "string created",
    ]


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("BookProtoSerializer", "Book"),
        ("BookSerializer", "Book"),
        ("Book", "Book"),
        ("BookSerializerV2", "BookV2"),
        ("SerializerOfBooksSerializer", "SerializerOfBooks"),
        ("ProtoSerializerOfBooksSerializer", "OfBooksSerializer"),
        ("BookSerializerProtoSerializer", "BookSerializer"),
    ],
)
def test_messages_are_called_as_their_serializer_without_its_last_serializer(
    name: str, base: str
) -> None:
    cls = type(name, (TagProtoSerializer,), {})
    assert rpc(contract(service(One={"request": cls}))).request == f"{base}Request"


@override_settings(GRPC_FRAMEWORK={"SEPARATE_READ_WRITE_MODEL": False})
def test_one_message_for_both_sides_where_the_settings_say_so() -> None:
    found = contract(
        service(Create={"request": BookProtoSerializer, "response": BookProtoSerializer})
    )
    assert (rpc(found).request, rpc(found).response) == ("Book", "Book")
    assert sorted(named(found)) == ["Book", "Tag"]
    assert lines(named(found)["Book"])[-1] == "optional string created"
    assert named(found)["Book"].side is Side.BOTH


def test_messages_remember_their_serializer_and_side() -> None:
    found = named(
        contract(service(Create={"request": BookProtoSerializer, "response": AuthorSerializer}))
    )
    assert (found["BookRequest"].serializer, found["BookRequest"].side) == (
        BookProtoSerializer,
        Side.REQUEST,
    )
    assert (found["AuthorResponse"].serializer, found["AuthorResponse"].side) == (
        AuthorSerializer,
        Side.RESPONSE,
    )


def test_serializers_of_one_name_and_equal_fields_have_one_message() -> None:
    class TagSerializer(TagProtoSerializer):
        class Meta(TagProtoSerializer.Meta):
            pass

    found = named(
        contract(
            service(
                One={"response": TagProtoSerializer, "use_response_list": True},
                Two={"response": TagSerializer, "use_response_list": True},
                Three={"response": TagProtoSerializer},
            )
        )
    )
    both = {TagProtoSerializer, TagSerializer}
    assert set(found["TagResponse"].serializers) == both
    assert set(found["TagListResponse"].serializers) == both


def test_a_serializer_that_is_a_list_itself_leaves_the_list_to_the_first() -> None:
    class TagListSerializer(serializers.Serializer):
        results = TagProtoSerializer(many=True)

    found = named(
        contract(
            service(
                A={"response": TagProtoSerializer, "use_response_list": True},
                B={"response": TagListSerializer},
            )
        )
    )
    assert found["TagListResponse"].serializers == (TagProtoSerializer,)
    assert found["TagListResponse"].many


def test_a_message_that_is_asked_and_answered_is_for_both_sides() -> None:
    class WordSerializer(serializers.Serializer):
        text = serializers.CharField()

    request = {"request": WordSerializer, "request_name": "Word"}
    response = {"response": WordSerializer, "response_name": "Word"}
    sides = [(request, Side.REQUEST), (response, Side.RESPONSE), (request | response, Side.BOTH)]
    for arguments, side in sides:
        assert named(contract(service(Say=arguments)))["Word"].side is side


def test_fields_declared_in_place_are_named_after_service_and_action() -> None:
    found = contract(
        service(
            Lend={
                "request": [{"name": "days", "type": "int32"}],
                "response": [{"name": "until", "type": "string"}],
            }
        )
    )
    assert (rpc(found).request, rpc(found).response) == ("BookLendRequest", "BookLendResponse")
    assert lines(named(found)["BookLendRequest"]) == ["int32 days"]


@pytest.mark.parametrize("nothing", [None, [], ()])
def test_nothing_is_empty(nothing: Any) -> None:
    found = contract(service(Ping={"request": nothing, "response": nothing}))
    assert (rpc(found).request, rpc(found).response) == (EMPTY, EMPTY)
    assert found.messages == ()


def test_nothing_with_a_name_is_a_message_without_fields() -> None:
    found = contract(service(Ping={"request": [], "request_name": "PingRequest"}))
    assert rpc(found).request == "PingRequest"
    assert named(found)["PingRequest"].fields == ()


def test_explicit_names_win() -> None:
    found = contract(
        service(
            Lend={
                "request": BookProtoSerializer,
                "request_name": "LoanRequest",
                "response": [{"name": "until", "type": "string"}],
                "response_name": "Loan",
            }
        )
    )
    assert (rpc(found).request, rpc(found).response) == ("LoanRequest", "Loan")
    assert lines(named(found)["LoanRequest"])[-1] == "repeated TagRequest tags"


def test_text_names_a_message_of_another_package() -> None:
    found = contract(service(Search={"request": STRUCT, "response": EMPTY}))
    assert (rpc(found).request, rpc(found).response) == (STRUCT, EMPTY)


def test_text_names_a_message_of_another_service() -> None:
    tags = type(
        "TagService",
        (BookService,),
        {"Get": grpc_action(response=TagProtoSerializer)(lambda self, request, context: None)},
    )
    found = contract(service(First={"response": "TagResponse"}), tags)
    assert {r.response for s in found.services for r in s.rpcs} == {"TagResponse"}


def test_placeholders_are_resolved_for_the_service() -> None:
    found = contract(
        service(Create={"request": FnPlaceholder(lambda s: s.get_serializer_class())})
    )
    assert rpc(found).request == "BookRequest"
