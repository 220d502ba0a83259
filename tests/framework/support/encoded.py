"""Rows, their serializers and messages, for the tests of what the codec sends."""

from typing import Any

from django_socio_grpc.codec import encoder
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from library.models import Author, Book, Tag
from messages import messages
from rest_framework import serializers

pb = messages(
    Author="int64 id, string name, optional string born",
    Tag="string label",
    Book=(
        "int64 id, string title, Author author, repeated Tag tags, optional double rating, "
        "string extra, repeated int64 keys, string cover"
    ),
    Shelf="string name, repeated Book books",
    Node="string name, repeated Node children",
    One="optional string value",
    Number="int32 value",
    Numbers="repeated int32 value",
    Counts="map<string:int32> value",
)


class AuthorSerializer(ModelProtoSerializer):
    class Meta:
        model = Author
        fields = ["id", "name", "born"]


class TagSerializer(ModelProtoSerializer):
    class Meta:
        model = Tag
        fields = ["label"]


class BookSerializer(ModelProtoSerializer):
    author = AuthorSerializer()
    tags = TagSerializer(many=True)

    class Meta:
        model = Book
        fields = ["id", "title", "author", "tags", "rating"]


def encode(
    cls: type[serializers.BaseSerializer], message_class: Any, row: Any, **kwargs: Any
) -> dict[str, Any]:
    """The message of ``row`` as a dict, after a look whether DRF's own way gives the same."""
    codec = encoder(cls, message_class)
    data_message = codec.from_data(cls(row, **kwargs).data)
    serializer = cls(row, **kwargs)
    if codec.has_plan_for(serializer):
        assert codec.encode(serializer, row) == data_message
    as_dict: dict[str, Any] = MessageToDict(data_message, preserving_proto_field_name=True)
    return as_dict


def is_planned(cls: type[serializers.BaseSerializer], message_class: type[Message]) -> bool:
    return encoder(cls, message_class).has_plan_for(cls())
