"""Serializers that an action names in a field, and those that a method gives: whose message."""

from typing import Any

import pytest
from adopted import Adopted
from declared import stub_of
from django.test import override_settings
from django_socio_grpc import generics
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.proto_serializers import ModelProtoSerializer, ProtoSerializer
from django_socio_grpc.testing import Mode, serve
from library.models import Tag
from rest_framework import serializers

pytestmark = pytest.mark.django_db(transaction=True)


class TagProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Tag
        fields = ("id", "label")


class NoteProtoSerializer(ProtoSerializer):
    text = serializers.CharField()
    length = serializers.IntegerField(read_only=True)
    key = serializers.CharField(write_only=True)
    tag = TagProtoSerializer()
    similar = serializers.SerializerMethodField()

    def get_similar(self, note: Any) -> list[TagProtoSerializer]:
        tag = Tag(id=5, label=f"{note['text']}?")
        return TagProtoSerializer([tag], many=True).data  # type: ignore[no-any-return]


NOTE = [{"name": "note", "type": NoteProtoSerializer}]


class NoteService(generics.GenericService):
    serializer_class = NoteProtoSerializer
    pb: Any

    @grpc_action(request=NOTE, response=NOTE)
    def Around(self, request: Any, context: Any) -> Any:
        serializer = self.get_serializer(message=request.note)
        serializer.is_valid(raise_exception=True)
        note = {**serializer.validated_data, "length": len(serializer.validated_data["key"])}
        return self.pb.NoteAroundResponse(note=self.get_serializer(note).message)

    @grpc_action(request=NoteProtoSerializer, response=NoteProtoSerializer)
    def Bare(self, request: Any, context: Any) -> Any:
        serializer = self.get_serializer(message=request)
        serializer.is_valid(raise_exception=True)
        return self.get_serializer({**serializer.validated_data, "length": 1}).message

    @grpc_action(response=TagProtoSerializer)
    async def Word(self, request: Any, context: Any) -> Any:
        return await TagProtoSerializer(Tag(id=1, label="a")).amessage


TWO_SIDES = """\
syntax = "proto3";

package backend.notes;

import "google/protobuf/empty.proto";

service NoteController {
    rpc Bare(NoteRequest) returns (NoteResponse) {}
    rpc Word(google.protobuf.Empty) returns (TagResponse) {}
    rpc Around(NoteAroundRequest) returns (NoteAroundResponse) {}
}

message NoteProtoSerializer {
    string text = 1;
    optional int32 length = 2;
    string key = 3;
    Tag tag = 4;
    repeated TagResponse similar = 5;
}

message NoteRequest {
    string text = 1;
    string key = 2;
    TagRequest tag = 3;
}

message NoteResponse {
    string text = 1;
    optional int32 length = 2;
    TagResponse tag = 3;
    repeated TagResponse similar = 4;
}

message NoteAroundRequest {
    NoteProtoSerializer note = 1;
}

message NoteAroundResponse {
    NoteProtoSerializer note = 1;
}

message Tag {
    optional int64 id = 1;
    string label = 2;
}

message TagRequest {
    optional int64 id = 1;
    string label = 2;
}

message TagResponse {
    optional int64 id = 1;
    string label = 2;
}
"""
ONE_MESSAGE = """\
syntax = "proto3";

package backend.notes;

import "google/protobuf/empty.proto";

service NoteController {
    rpc Bare(Note) returns (Note) {}
    rpc Word(google.protobuf.Empty) returns (Tag) {}
    rpc Around(NoteAround) returns (NoteAround) {}
}

message Note {
    string text = 1;
    optional int32 length = 2;
    string key = 3;
    Tag tag = 4;
    repeated TagResponse similar = 5;
}

message NoteProtoSerializer {
    string text = 1;
    optional int32 length = 2;
    string key = 3;
    Tag tag = 4;
    repeated TagResponse similar = 5;
}

message NoteAround {
    NoteProtoSerializer note = 1;
}

message Tag {
    optional int64 id = 1;
    string label = 2;
}

message TagResponse {
    optional int64 id = 1;
    string label = 2;
}
"""
SETTINGS = {"SEPARATE_READ_WRITE_MODEL": False}
EMMA: Any = {"text": "Emma", "key": "abc", "tag": {"label": "old"}}


def check(stub: Any) -> None:
    wrapped = stub.Around(note=EMMA).note
    assert (wrapped.text, wrapped.length, wrapped.key) == ("Emma", 3, "")
    assert (wrapped.tag.label, wrapped.similar[0].label) == ("old", "Emma?")
    bare = stub.Bare(**EMMA)
    assert (bare.text, bare.length, bare.similar[0].id) == ("Emma", 1, 5)
    assert stub.Word().label == "a"


@pytest.mark.parametrize(("existing", "settings"), [(TWO_SIDES, {}), (ONE_MESSAGE, SETTINGS)])
def test_an_old_client_of_both(mode: Mode, existing: str, settings: Any) -> None:
    with override_settings(GRPC_FRAMEWORK=settings):
        adopted = Adopted(existing, NoteService)
        assert adopted.changes() == []
        assert adopted.lost_presence() == []
        NoteService.pb.NoteAroundResponse = getattr(
            adopted.pb, "NoteAroundResponse", getattr(adopted.pb, "NoteAround", None)
        )
        with serve(mode, adopted.hook) as server, server.channel() as channel:
            check(adopted.old_stub(channel, "NoteController"))


def test_a_field_of_an_action_has_one_message_for_both_sides(mode: Mode) -> None:
    with stub_of(mode, NoteService) as stub:
        names = [field.name for field in stub.pb.NoteProtoSerializer.DESCRIPTOR.fields]
        assert names == ["text", "length", "key", "tag", "similar"]
        check(stub)
