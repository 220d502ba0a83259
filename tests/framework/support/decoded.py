"""Serializers, messages and the data that a message is to its serializer."""

from typing import Any

from django_socio_grpc.codec import decoder
from django_socio_grpc.proto_serializers import ProtoSerializer
from messages import messages
from rest_framework import serializers

LEFT_OUT = "left out"
OPTIONAL = messages(
    M="optional string text, optional int32 number, optional bool flag, Inner inner, "
    "google.protobuf.Struct extra, google.protobuf.Timestamp at",
    Inner="string name",
).M
PLAIN = messages(M="string text, int32 number, bool flag, repeated string tags").M


def data_of(cls: Any, message: Any, *, updating: bool = False, **kwargs: Any) -> Any:
    return decoder(cls(), type(message), updating=updating)(message, **kwargs)


def serializer(**fields: serializers.Field) -> type[ProtoSerializer]:
    return type("Declared", (ProtoSerializer,), fields)
