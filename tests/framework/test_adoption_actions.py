"""The contract of hand-written actions, in the style of other generators: taken over as it is."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from adopted import Adopted
from django.test import override_settings
from django_socio_grpc import generics
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.proto_serializers import ModelProtoSerializer, ProtoSerializer
from django_socio_grpc.protobuf.generation_plugin import ListGenerationPlugin
from django_socio_grpc.testing import Mode, serve
from library.models import Tag
from rest_framework import serializers

# All four kinds, fields in place, a serializer in a field, structs, a list with a name of its own

KINDS = """\
syntax = "proto3";

package backend.chat;

import "google/protobuf/empty.proto";
import "google/protobuf/struct.proto";

service ChatController {
    rpc Collect(stream ChatCollectRequest) returns (Summary) {}
    rpc Echo(google.protobuf.Struct) returns (google.protobuf.Struct) {}
    rpc Ping(google.protobuf.Empty) returns (google.protobuf.Empty) {}
    rpc Search(ChatSearchRequest) returns (WordListResponse) {}
    rpc Talk(stream ChatTalkRequest) returns (stream ChatTalkResponse) {}
    rpc Watch(ChatWatchRequest) returns (stream ChatWatchResponse) {}
}

message ChatCollectRequest {
    // One word, without spaces.
    string word = 1;
}

message ChatSearchRequest {
    repeated int32 sizes = 3;
    optional string text = 5;
}

message ChatTalkRequest {
    string text = 1;
}

message ChatTalkResponse {
    string text = 2;
}

message ChatWatchRequest {
}

message ChatWatchResponse {
    WordSerializer word = 4;
}

message Summary {
    int32 words = 2;
    repeated string first = 7;
}

message WordListResponse {
    repeated WordResponse words = 1;
}

message WordResponse {
    string text = 6;
    repeated WordResponse parts = 9;
}

message WordSerializer {
    string text = 1;
    repeated WordSerializer parts = 2;
}
"""

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


class WordSerializer(ProtoSerializer):
    text = serializers.CharField()

    class Meta:
        message_list_attr = "words"

    def get_fields(self) -> Any:
        return {**super().get_fields(), "parts": WordSerializer(many=True, required=False)}


class ChatService(generics.GenericService):
    serializer_class = WordSerializer
    pb: Any

    @grpc_action(
        request=[{"name": "word", "type": "string", "comment": "One word, without spaces."}],
        response=[
            {"name": "words", "type": "int32"},
            {"name": "first", "type": "string", "cardinality": "repeated"},
        ],
        request_stream=True,
        response_name="Summary",
    )
    async def Collect(self, request: AsyncIterator[Any], context: Any) -> Any:
        words = [message.word async for message in request]
        return self.pb.Summary(words=len(words), first=words[:2])

    @grpc_action(request="google.protobuf.Struct", response="google.protobuf.Struct")
    def Echo(self, request: Any, context: Any) -> Any:
        return request

    @grpc_action(request="google.protobuf.Empty", response=[])
    def Ping(self, request: Any, context: Any) -> Any:
        return request

    @grpc_action(
        request=[
            {"name": "text", "type": "string", "cardinality": "optional"},
            {"name": "sizes", "type": "repeated int32"},
        ],
        response=WordSerializer,
        use_generation_plugins=[ListGenerationPlugin(response=True)],
    )
    def Search(self, request: Any, context: Any) -> Any:
        words = [{"text": request.text * size, "parts": []} for size in request.sizes]
        return self.get_serializer(words, many=True).message

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Talk(self, request: Iterator[Any], context: Any) -> Iterator[Any]:
        for message in request:
            yield self.pb.ChatTalkResponse(text=message.text.upper())

    @grpc_action(
        request=[],
        request_name="ChatWatchRequest",
        response=[{"name": "word", "type": WordSerializer}],
        response_stream=True,
    )
    async def Watch(self, request: Any, context: Any) -> AsyncIterator[Any]:
        for number in range(2):
            await asyncio.sleep(0)
            yield self.pb.ChatWatchResponse(word={"text": str(number)})


def test_no_kind_of_action_changes_on_the_wire() -> None:
    adopted = Adopted(KINDS, ChatService)
    assert adopted.changes() == []
    assert adopted.lost_presence() == []


def test_an_old_client_makes_all_kinds_of_calls(mode: Mode) -> None:
    adopted = Adopted(KINDS, ChatService)
    with serve(mode, adopted.hook) as server, server.channel() as channel:
        stub = adopted.old_stub(channel, "ChatController")
        pb = stub.pb
        summary = stub.Collect(pb.ChatCollectRequest(word=word) for word in "abc")
        assert (summary.words, list(summary.first)) == (3, ["a", "b"])
        assert stub.Echo(fields={"a": {"number_value": 1}})["a"] == 1
        assert not stub.Ping().ByteSize()
        found = stub.Search(text="ab", sizes=[1, 2])
        assert [word.text for word in found.words] == ["ab", "abab"]
        replies = stub.Talk(pb.ChatTalkRequest(text=text) for text in "ab")
        assert [reply.text for reply in replies] == ["A", "B"]
        assert [reply.word.text for reply in stub.Watch()] == ["0", "1"]


# One message for both sides


ONE_SIDE = """\
syntax = "proto3";

package tags;

service TagController {
    rpc Create(Tag) returns (Tag) {}
    rpc List(TagListRequest) returns (TagList) {}
    rpc Retrieve(TagRetrieveRequest) returns (Tag) {}
}

message Tag {
    optional int64 id = 2;
    string label = 5;
}

message TagList {
    repeated Tag results = 4;
}

message TagListRequest {
}

message TagRetrieveRequest {
    int64 id = 9;
}
"""


class TagProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Tag
        fields = ("id", "label")


class TagService(
    generics.AsyncCreateService, generics.AsyncListService, generics.AsyncRetrieveService
):
    queryset = Tag.objects.order_by("id")
    serializer_class = TagProtoSerializer


@pytest.mark.django_db(transaction=True)
@override_settings(GRPC_FRAMEWORK={"SEPARATE_READ_WRITE_MODEL": False})
def test_one_message_for_both_sides(mode: Mode) -> None:
    adopted = Adopted(ONE_SIDE, TagService)
    assert adopted.changes() == []
    assert adopted.lost_presence() == []
    with serve(mode, adopted.hook) as server, server.channel() as channel:
        stub = adopted.old_stub(channel, "TagController")
        created = stub.Create(label="old")
        assert created.id
        assert stub.Retrieve(id=created.id) == created
        assert list(stub.List().results) == [created]
