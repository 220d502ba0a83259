"""The proto types of annotations."""

import datetime
import enum
import typing
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.schema.hints import annotation_type
from django_socio_grpc.schema.model import FieldCardinality
from library.models import Book


class BookSerializer(ModelProtoSerializer):
    class Meta:
        model = Book
        fields = "__all__"


class Color(enum.StrEnum):
    RED = "red"


Name = typing.NewType("Name", str)


class Point(typing.TypedDict):
    x: int


@pytest.mark.parametrize(
    ("hint", "proto", "cardinality"),
    [
        (int, "int32", ""),
        (bool, "bool", ""),
        (str, "string", ""),
        (float, "double", ""),
        (bytes, "bytes", ""),
        (Decimal, "string", ""),
        (datetime.datetime, "string", ""),
        (datetime.date, "string", ""),
        (datetime.time, "string", ""),
        (datetime.timedelta, "string", ""),
        (uuid.UUID, "string", ""),
        (dict, "google.protobuf.Struct", ""),
        (dict[str, int], "google.protobuf.Struct", ""),
        (Point, "google.protobuf.Struct", ""),
        (Any, "google.protobuf.Value", ""),
        (Color, Color, ""),
        (Name, "string", ""),
        (typing.Literal["a", "b"], "string", ""),
        (typing.Annotated[int, "pages"], "int32", ""),
        (typing.Optional[int], "int32", "optional"),  # noqa: UP045
        (str | None, "string", "optional"),
        (list, "string", "repeated"),
        (list[int], "int32", "repeated"),
        (list[int] | None, "int32", "repeated"),
        (tuple[float, ...], "double", "repeated"),
        (set[uuid.UUID], "string", "repeated"),
        (typing.Iterator[dict], "google.protobuf.Struct", "repeated"),
        (list[list[int]], "google.protobuf.ListValue", "repeated"),
        (list[str | None], "string", "repeated"),
        (BookSerializer, BookSerializer, ""),
        (BookSerializer | None, BookSerializer, "optional"),
        (list[BookSerializer], BookSerializer, "repeated"),
    ],
    ids=str,
)
def test_an_annotation_has_a_type(hint: object, proto: object, cardinality: str) -> None:
    assert annotation_type(hint) == (proto, FieldCardinality(cardinality))


@pytest.mark.parametrize("hint", [complex, int | str, typing.Literal["a", 1], "int"], ids=str)
def test_an_annotation_without_a_type_is_named(hint: object) -> None:
    with pytest.raises(
        ConfigurationError, match="No proto type stands for the annotation"
    ) as info:
        annotation_type(hint)
    assert repr(hint) in str(info.value)
