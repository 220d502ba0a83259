"""Generation plugins: what they may change, in which order, and what is refused."""

from typing import Any

import pytest
from contracts import TagProtoSerializer, contract, lines, named, rpc, service
from declared import stub_of
from django.test import override_settings
from django_socio_grpc import generics
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.proto_serializers import ProtoSerializer
from django_socio_grpc.protobuf import ProtoComment, ProtoField, ProtoMessage
from django_socio_grpc.protobuf.generation_plugin import (
    BaseAddFieldRequestGenerationPlugin,
    BaseGenerationPlugin,
    ListGenerationPlugin,
    RequestAndResponseAsListGenerationPlugin,
    ResponseAsListGenerationPlugin,
)
from django_socio_grpc.protobuf.proto_classes import StructMessage
from django_socio_grpc.schema.model import EMPTY, FieldCardinality
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from plugins import DAYS, AllStrings, WithTrace, made
from rest_framework import serializers


class Renamed(BaseGenerationPlugin):
    """Puts a word before the name of the request."""

    def __init__(self, word: str = "My") -> None:
        self.word = word

    def transform_request_message(
        self, service: Any, proto_message: Any, message_name_constructor: Any
    ) -> Any:
        proto_message.name = f"{self.word}{proto_message.name}"
        return proto_message


PATH = "plugins.WithTrace"


# What a plugin may change


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


# Which plugins, and in which order


@pytest.mark.parametrize("given", [WithTrace(), WithTrace, PATH])
def test_an_instance_a_class_or_its_path(given: Any) -> None:
    """Known defect of other implementations: paths are documented, only instances work."""
    assert lines(named(made(given, request=DAYS))["BookLendRequest"])[-1].endswith("trace")
    with override_settings(GRPC_FRAMEWORK={"DEFAULT_GENERATION_PLUGINS": [given]}):
        assert lines(named(made(request=DAYS))["BookLendRequest"])[-1].endswith("trace")


@override_settings(GRPC_FRAMEWORK={"DEFAULT_GENERATION_PLUGINS": []})
def test_there_may_be_no_default_plugins() -> None:
    assert lines(named(made(request=DAYS))["BookLendRequest"]) == ["int32 days"]


@override_settings(GRPC_FRAMEWORK={"DEFAULT_GENERATION_PLUGINS": [Renamed("Default")]})
def test_default_plugins_go_first() -> None:
    assert rpc(made(Renamed("Own"), request=DAYS)).request == "OwnDefaultBookLendRequest"


@override_settings(GRPC_FRAMEWORK={"DEFAULT_GENERATION_PLUGINS": [Renamed("Default")]})
def test_default_plugins_may_be_left_out() -> None:
    found = made(Renamed("Own"), request=DAYS, override_default_generation_plugins=True)
    assert rpc(found).request == "OwnBookLendRequest"


def test_the_condition_decides() -> None:
    class OnlyTags(WithTrace):
        def check_condition(
            self, service: Any, request_message: Any, response_message: Any, names: Any
        ) -> bool:
            return bool(response_message.serializer is TagProtoSerializer)

    assert rpc(made(OnlyTags(), response=TagProtoSerializer)).request == "BookLendRequest"
    assert rpc(made(OnlyTags(), response=DAYS)).request == EMPTY


def test_a_plugin_may_do_it_all_in_one_method() -> None:
    class Swapped(BaseGenerationPlugin):
        def run_validation_and_transform(
            self, service: Any, request_message: Any, response_message: Any, names: Any
        ) -> Any:
            return response_message, request_message

    found = made(Swapped(), request=DAYS, response=TagProtoSerializer)
    assert (rpc(found).request, rpc(found).response) == ("TagResponse", "BookLendRequest")


def test_list_plugins_and_the_older_arguments_give_the_same() -> None:
    plugins: list[dict[str, Any]] = [
        {"use_generation_plugins": [RequestAndResponseAsListGenerationPlugin()]},
        {"use_generation_plugins": [ListGenerationPlugin(request=True, response=True)]},
        {"use_request_list": True, "use_response_list": True},
    ]
    both = {"request": TagProtoSerializer, "response": TagProtoSerializer}
    first, *others = [contract(service(All={**both, **plugin})) for plugin in plugins]
    assert (rpc(first).request, rpc(first).response) == ("TagListRequest", "TagListResponse")
    assert others == [first, first]


def test_the_field_of_a_list_has_the_name_that_the_plugin_is_given() -> None:
    plugin = ListGenerationPlugin(list_field_name="weeks", request=True)
    assert lines(named(made(plugin, request=DAYS))["BookLendListRequest"]) == [
        "repeated BookLendRequest weeks"
    ]


def test_the_serializer_names_the_field_of_its_list_itself() -> None:
    class Shelf(ProtoSerializer):
        days = serializers.IntegerField()

        class Meta:
            message_list_attr = "shelves"

    found = made(ResponseAsListGenerationPlugin(list_field_name="weeks"), response=Shelf)
    assert lines(named(found)["ShelfListResponse"]) == ["repeated ShelfResponse shelves"]


def test_a_list_is_made_once() -> None:
    found = made(
        ListGenerationPlugin(response=True), response=TagProtoSerializer, use_response_list=True
    )
    assert lines(named(found)["TagListResponse"]) == ["repeated TagResponse results"]


# On the wire


class Word(ProtoSerializer):
    text = serializers.CharField()
    size = serializers.IntegerField(read_only=True)


class WordService(generics.GenericService):
    service_name = "Word"
    serializer_class = Word
    pb: Any

    @grpc_action(
        request=Word,
        response=Word,
        use_generation_plugins=[WithTrace(), AllStrings()],
    )
    def Measure(self, request: Any, context: Any) -> Any:
        text = self.get_serializer(message=request)
        text.is_valid(raise_exception=True)
        word = {"text": f"{text.validated_data['text']} {request.trace}", "size": 5}
        return self.get_serializer(word).message


def test_the_wire_is_as_the_plugins_say(mode: Mode) -> None:
    with stub_of(mode, WordService) as stub:
        reply = stub.Measure(text="hello", trace="t1")
        assert (reply.text, reply.size) == ("hello t1", "5")


class Numbers(Service):
    service_name = "Numbers"
    pb: Any

    @grpc_action(
        request=DAYS,
        response=DAYS,
        use_generation_plugins=[ListGenerationPlugin(request=True, response=True)],
    )
    async def Double(self, request: Any, context: Any) -> Any:
        days = [self.pb.NumbersDoubleResponse(days=2 * item.days) for item in request.results]
        return self.pb.NumbersDoubleListResponse(results=days)


def test_lists_on_the_wire(mode: Mode) -> None:
    with stub_of(mode, Numbers) as stub:
        reply = stub.Double(results=[{"days": 1}, {"days": 2}])
        assert [item.days for item in reply.results] == [2, 4]
