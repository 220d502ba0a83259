"""What cannot be put in a contract."""

from typing import Any

import pytest
from contracts import (
    BookProtoSerializer,
    BookService,
    TagProtoSerializer,
    contract,
    lines,
    named,
    refusal,
    service,
)
from django_socio_grpc import mixins
from django_socio_grpc.actions import AttrPlaceholder
from django_socio_grpc.decorators import grpc_action
from library.models import Book
from rest_framework import serializers


def test_one_name_with_different_fields_names_both_actions_and_the_way_out() -> None:
    """Known defect of other implementations: the later message wins, in silence."""
    text = refusal(
        service(
            Lend={"request": [{"name": "days", "type": "int32"}], "request_name": "LoanRequest"},
            Extend={
                "request": [{"name": "weeks", "type": "int32"}],
                "request_name": "LoanRequest",
            },
        )
    )
    assert "BookService.Lend" in text
    assert "BookService.Extend" in text
    assert "{int32 days}" in text
    assert "{int32 weeks}" in text
    assert "request_name" in text


def test_a_list_that_is_called_as_the_request_of_list_gets_a_name_that_is_free() -> None:
    class Listed(mixins.ListModelMixin, BookService):
        filters: Any = [{"name": "page", "type": "int32"}]

        @grpc_action(request=AttrPlaceholder("filters"), request_name="BookListRequest")
        def List(self, request: Any, context: Any) -> None: ...

    def service_with(**arguments: Any) -> type:
        action = grpc_action(request=BookProtoSerializer, use_request_list=True, **arguments)
        return type("BookService", (Listed,), {"Import": action(lambda self, request, ctx: None)})

    text = refusal(service_with())
    assert "BookService.List and BookService.Import both have a message BookListRequest" in text
    assert 'set request_name in the @grpc_action of either, to "ImportBookListRequest"' in text
    found = contract(service_with(request_name="ImportBookListRequest"))
    assert lines(named(found)["ImportBookListRequest"]) == ["repeated BookRequest results"]


def test_one_name_with_the_same_fields_is_one_message() -> None:
    fields = [{"name": "days", "type": "int32"}]
    found = contract(
        service(
            Lend={"request": fields, "request_name": "LoanRequest"},
            Extend={"request": fields, "request_name": "LoanRequest"},
        )
    )
    assert [message.name for message in found.messages] == ["LoanRequest"]


def test_two_serializers_of_one_base_name_collide_across_services() -> None:
    class TagSerializer(serializers.Serializer):
        text = serializers.CharField()

    other = type(
        "OtherService",
        (BookService,),
        {"One": grpc_action(response=TagSerializer)(lambda self, request, context: None)},
    )
    text = refusal(service(One={"response": TagProtoSerializer}), other)
    assert "OtherService.One" in text
    assert "BookService.One" in text
    assert "TagResponse" in text


def test_two_classes_of_one_service_are_refused() -> None:
    text = refusal(service(), BookService)
    assert "BookController" in text
    assert "service_name" in text


def test_unknown_message_is_refused_with_the_nearest_name() -> None:
    text = refusal(service(One={"response": TagProtoSerializer}, Two={"response": "TagRespons"}))
    assert "BookController.Two has the type 'TagRespons'" in text
    assert "Did you mean 'TagResponse'?" in text


def test_unknown_type_of_a_package_is_refused_with_the_nearest_name() -> None:
    text = refusal(service(Two={"response": "google.protobuf.Structure"}))
    assert "BookController.Two has the type 'google.protobuf.Structure'" in text
    assert "Did you mean 'google.protobuf.Struct'?" in text


def test_unknown_type_of_a_field_is_refused_with_the_nearest_name() -> None:
    text = refusal(service(Lend={"request": [{"name": "days", "type": "int"}]}))
    assert "BookLendRequest.days has the type 'int'" in text
    assert "Did you mean 'int" in text


@pytest.mark.parametrize("request_", [42, object(), TagProtoSerializer(), dict])
def test_what_is_no_message_is_refused(request_: Any) -> None:
    text = refusal(service(Lend={"request": request_}))
    assert "BookService.Lend: the request is" in text


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ({"name": "days"}, "'type'"),
        ("days", "is not a field"),
        ({"name": "days", "type": "int32", "cardinality": "many"}, "'many'"),
        ({"name": "number of days", "type": "int32"}, "cannot be a field"),
        ({"name": "days", "type": complex}, "complex"),
    ],
)
def test_field_that_cannot_be_is_refused(field: Any, text: str) -> None:
    message = refusal(service(Lend={"request": [field]}))
    assert "BookService.Lend" in message
    assert text in message


def test_field_declared_twice_is_refused() -> None:
    field = {"name": "days", "type": "int32"}
    assert "two fields 'days'" in refusal(service(Lend={"request": [field, field]}))


def test_name_that_proto_does_not_take_is_refused() -> None:
    text = refusal(service(Lend={"request": [], "request_name": "Loan Request"}))
    assert "'Loan Request' cannot be the name of a message" in text


def test_a_method_field_without_its_method_is_named() -> None:
    class WordSerializer(serializers.Serializer[Any]):
        total = serializers.SerializerMethodField()

    text = refusal(service(Lend={"response": WordSerializer}))
    assert "WordSerializer.total is a SerializerMethodField" in text
    assert "has no method get_total()" in text


def test_nested_messages_that_drf_makes_of_a_depth_are_told_apart() -> None:
    class DeepSerializer(serializers.ModelSerializer[Book]):
        class Meta:
            model = Book
            fields = ("author", "tags")
            depth = 1

    text = refusal(service(Lend={"response": DeepSerializer}))
    assert "both have a message NestedResponse" in text
    assert "declare what Meta.depth nests" in text


def test_a_name_of_a_service_that_proto_does_not_take_is_refused() -> None:
    class Library(BookService):
        service_name = "My Library"

    assert "Library is 'My LibraryController' on the wire" in refusal(Library)
    assert "Set service_name" in refusal(Library)


def test_a_name_of_an_rpc_that_proto_does_not_take_is_refused() -> None:
    text = refusal(service(Größe={"request": []}))
    assert "Größe cannot be the name of an rpc" in text
