"""Generation plugins: what they may change."""

from typing import Any

from contracts import TagProtoSerializer, lines, named, rpc
from django_socio_grpc.protobuf import ProtoComment, ProtoField, ProtoMessage
from django_socio_grpc.protobuf.generation_plugin import (
    BaseAddFieldRequestGenerationPlugin,
    BaseGenerationPlugin,
)
from django_socio_grpc.protobuf.proto_classes import StructMessage
from django_socio_grpc.schema.model import EMPTY, FieldCardinality
from plugins import DAYS, AllStrings, Renamed, WithTrace, made
from rest_framework import serializers


def test_types_of_fields() -> None:
    found = made(AllStrings(), response=[*DAYS, {"name": "left", "type": "bool"}])
    assert lines(named(found)["BookLendResponse"]) == ["string days", "string left"]


def test_a_field_is_added() -> None:
    found = made(WithTrace(), request=DAYS)
    assert lines(named(found)["BookLendRequest"]) == ["int32 days", "optional string trace"]


def test_a_field_that_is_there_is_not_added_again() -> None:
    found = made(WithTrace(), WithTrace(), request=DAYS)
    assert lines(named(found)["BookLendRequest"]) == ["int32 days", "optional string trace"]


def test_a_request_of_nothing_gets_a_name_with_its_first_field() -> None:
    found = made(WithTrace())
    assert rpc(found).request == "BookLendRequest"
    assert rpc(found).response == EMPTY


def test_names() -> None:
    found = made(Renamed(), request=DAYS)
    assert rpc(found).request == "MyBookLendRequest"
    assert lines(named(found)["MyBookLendRequest"]) == ["int32 days"]


def test_comments_and_labels() -> None:
    class Described(BaseGenerationPlugin):
        def transform_request_message(self, service: Any, proto_message: Any, _: Any) -> Any:
            proto_message.comments = ProtoComment(["How long,", "at most."])
            (days,) = proto_message.fields
            days.comments = ["In days."]
            days.cardinality = FieldCardinality.REPEATED
            return proto_message

    message = named(made(Described(), request=DAYS))["BookLendRequest"]
    assert message.comment == "How long,\nat most."
    assert message.fields[0].comment == "In days."
    assert lines(message) == ["repeated int32 days"]


def test_a_field_may_hold_what_is_defined_elsewhere() -> None:
    class WithDetails(BaseAddFieldRequestGenerationPlugin):
        field_name = "details"
        field_type = StructMessage
        field_cardinality = FieldCardinality.OPTIONAL

    found = made(WithDetails(), request=DAYS)
    assert lines(named(found)["BookLendRequest"]) == [
        "int32 days",
        "optional google.protobuf.Struct details",
    ]


def test_a_field_may_hold_a_message_of_its_own() -> None:
    class WithPlace(BaseGenerationPlugin):
        def transform_request_message(self, service: Any, proto_message: Any, _: Any) -> Any:
            place = ProtoMessage("Place", [ProtoField("town", "string")])
            proto_message.fields.append(ProtoField("place", place))
            return proto_message

    found = made(WithPlace(), request=DAYS)
    assert lines(named(found)["BookLendRequest"]) == ["int32 days", "Place place"]
    assert lines(named(found)["Place"]) == ["string town"]


def test_another_message_may_take_the_place() -> None:
    class Replaced(BaseGenerationPlugin):
        def transform_response_message(self, service: Any, proto_message: Any, _: Any) -> Any:
            return ProtoMessage("Ticket", [ProtoField("number", "int32")])

    found = made(Replaced(), response=TagProtoSerializer)
    assert rpc(found).response == "Ticket"
    assert "TagResponse" not in named(found)


def test_what_a_message_holds_is_in_reach() -> None:
    class Shelf(serializers.Serializer):
        tags = TagProtoSerializer(many=True)

    class Deep(BaseGenerationPlugin):
        def transform_response_message(self, service: Any, proto_message: Any, _: Any) -> Any:
            (tags,) = proto_message.fields
            assert tags.field_type.serializer is TagProtoSerializer
            tags.field_type.fields.append(ProtoField("color", "string"))
            return proto_message

    found = made(Deep(), response=Shelf)
    assert lines(named(found)["TagResponse"]) == ["int64 id", "string label", "string color"]


def test_a_message_that_holds_itself() -> None:
    class Node(serializers.Serializer):
        def get_fields(self) -> Any:
            return {"nodes": Node(many=True)}

    found = made(AllStrings("int32"), response=Node)
    assert lines(named(found)["NodeResponse"]) == ["repeated int32 nodes"]
    found = made(BaseGenerationPlugin(), response=Node)
    assert lines(named(found)["NodeResponse"]) == ["repeated NodeResponse nodes"]
