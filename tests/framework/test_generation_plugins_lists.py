"""Generation plugins that make lists, and what all of them give on the wire."""

from typing import Any

from contracts import TagProtoSerializer, contract, lines, named, rpc, service
from declared import stub_of
from django_socio_grpc import generics
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.proto_serializers import ProtoSerializer
from django_socio_grpc.protobuf.generation_plugin import (
    ListGenerationPlugin,
    RequestAndResponseAsListGenerationPlugin,
    RequestAsListGenerationPlugin,
    ResponseAsListGenerationPlugin,
)
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from plugins import DAYS, AllStrings, WithTrace, made
from rest_framework import serializers


def test_list_plugins_and_the_older_arguments_give_the_same() -> None:
    plugins: list[dict[str, Any]] = [
        {"use_generation_plugins": [RequestAndResponseAsListGenerationPlugin()]},
        {
            "use_generation_plugins": [
                RequestAsListGenerationPlugin(),
                ResponseAsListGenerationPlugin(),
            ]
        },
        {"use_generation_plugins": [ListGenerationPlugin(request=True, response=True)]},
        {"use_request_list": True, "use_response_list": True},
    ]
    both = {"request": TagProtoSerializer, "response": TagProtoSerializer}
    first, *others = [contract(service(All={**both, **plugin})) for plugin in plugins]
    assert (rpc(first).request, rpc(first).response) == ("TagListRequest", "TagListResponse")
    assert others == [first] * 3


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
