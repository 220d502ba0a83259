"""What a service may declare in place, and what cannot be put in a contract."""

from typing import Any

import pytest
from contracts import (
    BookProtoSerializer,
    BookService,
    TagProtoSerializer,
    contract,
    lines,
    named,
    service,
)
from django_socio_grpc import mixins
from django_socio_grpc.actions import AttrPlaceholder, FnPlaceholder, SelfSerializer
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.schema.model import EMPTY, STRUCT, FieldCardinality
from library.models import Book
from rest_framework import serializers

# Fields that are declared in place


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ({"type": "string"}, "string a"),
        ({"type": "repeated string"}, "repeated string a"),
        ({"type": "optional int64"}, "optional int64 a"),
        ({"type": "string", "cardinality": FieldCardinality.REPEATED}, "repeated string a"),
        ({"type": "string", "cardinality": "optional"}, "optional string a"),
        ({"type": "map<string, int32>"}, "map<string, int32> a"),
        ({"type": STRUCT}, f"{STRUCT} a"),
        ({"type": int}, "int32 a"),
        ({"type": list[str]}, "repeated string a"),
        ({"type": TagProtoSerializer}, "TagProtoSerializer a"),
        (
            {"type": TagProtoSerializer, "cardinality": FieldCardinality.REPEATED},
            "repeated TagProtoSerializer a",
        ),
    ],
)
def test_declared_field(field: dict[str, Any], line: str) -> None:
    found = named(contract(service(Lend={"request": [{"name": "a", **field}]})))
    assert lines(found["BookLendRequest"]) == [line]


@pytest.mark.parametrize(
    ("comment", "text"), [("One line.", "One line."), (["Two", "lines."], "Two\nlines.")]
)
def test_comment_of_a_declared_field(comment: Any, text: str) -> None:
    field = {"name": "a", "type": "string", "comment": comment}
    found = named(contract(service(Lend={"request": [field]})))
    assert found["BookLendRequest"].fields[0].comment == text


# What is refused


def refusal(*classes: type) -> str:
    with pytest.raises(ConfigurationError) as caught:
        contract(*classes)
    return str(caught.value)


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


# What only a call knows


class NeedsCall(BookService):
    def get_serializer_class(self) -> Any:
        return TagProtoSerializer if self.context.user else BookProtoSerializer

    @grpc_action(response=SelfSerializer())
    def Read(self, request: Any, context: Any) -> None: ...


class NeedsRequest(BookService):
    @grpc_action(request_name=FnPlaceholder(lambda service: service.request.name))
    def Read(self, request: Any, context: Any) -> None: ...


class NeedsAttribute(BookService):
    @grpc_action(response=AttrPlaceholder("answer"))
    def Read(self, request: Any, context: Any) -> None: ...


@pytest.mark.parametrize(
    ("cls", "name", "cause"),
    [
        (NeedsCall, "response", "AttributeError: 'NeedsCall' object has no attribute 'context'"),
        (NeedsRequest, "request_name", "AttributeError: 'NeedsRequest' object has no"),
        (NeedsAttribute, "response", "AttributeError: 'NeedsAttribute' object has no"),
    ],
)
def test_what_needs_a_call_is_refused_with_class_action_and_the_way_out(
    cls: type, name: str, cause: str
) -> None:
    text = refusal(cls)
    assert f"{cls.__name__}.Read: its {name} must be known before any call" in text
    assert cause in text
    assert "decide by self.action" in text
    assert "give the serializer in @grpc_action" in text


def test_an_error_of_configuration_in_a_placeholder_is_left_as_it_is() -> None:
    class WithoutSerializer(NeedsRequest):
        serializer_class: Any = None

        @grpc_action(response=SelfSerializer())
        def Read(self, request: Any, context: Any) -> None: ...

    text = refusal(WithoutSerializer)
    assert "serializer_class" in text
    assert "before any call" not in text


def test_a_serializer_may_depend_on_the_action() -> None:
    class ByAction(BookService):
        def get_serializer_class(self) -> Any:
            return {"Read": TagProtoSerializer, "Write": BookProtoSerializer}[self.action]

        @grpc_action(response=SelfSerializer())
        def Read(self, request: Any, context: Any) -> None: ...

        @grpc_action(request=SelfSerializer())
        def Write(self, request: Any, context: Any) -> None: ...

    (found,) = contract(ByAction).services
    assert [(rpc.request, rpc.response) for rpc in found.rpcs] == [
        (EMPTY, "TagResponse"),
        ("BookRequest", EMPTY),
    ]


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
