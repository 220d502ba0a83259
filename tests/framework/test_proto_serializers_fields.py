"""The fields that come with proto serializers."""

import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from django_socio_grpc.codec import encoder
from django_socio_grpc.proto_serializers import (
    BinaryField,
    PropertyReadOnlyField,
    ProtoSerializer,
    SlugRelatedConvertedField,
)
from django_socio_grpc.protobuf.proto_classes import (
    FieldCardinality,
    ProtoEnum,
    ProtoField,
    ProtoFieldConvertible,
    ProtoMessage,
    StructMessage,
)
from editions import Edition, fields_of, lines
from library.models import Author, Book, Genre, Tag
from messages import messages
from rest_framework import serializers

KEY = uuid.UUID(int=7)


class Loan(ProtoSerializer):
    isbn = SlugRelatedConvertedField(
        slug_field="isbn", convert_type=str, read_only=True, source="book"
    )
    number = SlugRelatedConvertedField(
        slug_field="isbn", convert_type=int, queryset=Book.objects.all(), source="book"
    )
    plain = SlugRelatedConvertedField(slug_field="name", read_only=True, source="author")
    tags = SlugRelatedConvertedField(
        slug_field="id", convert_type=str, many=True, queryset=Tag.objects.all()
    )


def test_a_slug_has_the_type_that_it_is_converted_to() -> None:
    assert lines(fields_of(Loan())) == {
        "isbn": "string",
        "number": "int32",
        "plain": "string",
        "tags": "repeated string",
    }


def test_a_slug_is_converted_before_it_is_sent() -> None:
    pb = messages(M="string isbn, int32 number, string plain, repeated string tags")
    row = SimpleNamespace(book=Book(isbn=KEY), author=Author(name="Ann"), tags=[Tag(id=3)])
    message: Any = encoder(Loan, pb.M).encode(Loan(), row)
    assert message == pb.M(isbn=str(KEY), number=7, plain="Ann", tags=["3"])


def test_a_property_that_is_given_tells_its_type() -> None:
    class EditionSerializer(serializers.Serializer[Any]):
        age: Any = PropertyReadOnlyField(property_field=Edition.age)
        words_of = PropertyReadOnlyField(property_field=Edition.subtitle, source="subtitle")

    found = EditionSerializer()
    assert lines(fields_of(found)) == {"age": "int32", "words_of": "optional string"}
    assert EditionSerializer(Edition()).data == {"age": 1, "words_of": None}


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"abc", None),
        (bytearray(b"ab"), None),
        (b"abcd", "no more than 3 bytes"),
        ("abc", "Expected bytes, but got str"),
    ],
)
def test_bytes_are_limited_and_nothing_else_is_taken(data: Any, error: str | None) -> None:
    class Upload(serializers.Serializer[Any]):
        content = BinaryField(max_length=3)

    serializer = Upload(data={"content": data})
    assert serializer.is_valid() is (error is None)
    if error is None:
        assert serializer.validated_data == {"content": bytes(data)}
    else:
        assert error in serializer.errors["content"][0]


class PointField(ProtoFieldConvertible, serializers.Field[Any, Any, Any, Any]):
    def to_proto_field(self, proto_field_cls: type[ProtoField], **kwargs: Any) -> ProtoField:
        comments = [f"Where it is, in {kwargs['parent_serializer'].__name__}."]
        name = str(self.field_name)
        return proto_field_cls(name, "double", FieldCardinality.REPEATED, comments)

    def to_internal_value(self, data: Any) -> complex:
        return complex(*data)

    def to_representation(self, value: complex) -> list[float]:
        return [value.real, value.imag]


class Place(ProtoSerializer):
    point = PointField()


def test_a_field_may_say_itself_what_it_is_in_a_message() -> None:
    found = fields_of(Place())
    assert lines(found) == {"point": "repeated double"}
    assert found["point"].comment == "Where it is, in Place."


def test_such_a_field_travels_as_it_says() -> None:
    pb = messages(M="repeated double point")
    message = encoder(Place, pb.M).encode(Place(), SimpleNamespace(point=1 + 2j))
    assert message == pb.M(point=[1, 2])
    place = Place(message=message)
    place.is_valid(raise_exception=True)
    assert place.validated_data == {"point": 1 + 2j}


class Held(ProtoFieldConvertible, serializers.ReadOnlyField):
    def __init__(self, held: Any, **kwargs: Any) -> None:
        self.held = held
        super().__init__(**kwargs)

    def to_proto_field(self, proto_field_cls: type[ProtoField], **kwargs: Any) -> ProtoField:
        return proto_field_cls(str(self.field_name), self.held)


@pytest.mark.parametrize(
    ("held", "line"),
    [
        (StructMessage, "google.protobuf.Struct"),
        (ProtoMessage("PlaceResponse", serializer=Place), "Place"),
        (ProtoEnum(Genre), "Genre.Enum"),
    ],
)
def test_such_a_field_may_hold_a_message_or_an_enum(held: Any, line: str) -> None:
    serializer = type("Holder", (ProtoSerializer,), {"held": Held(held)})()
    assert lines(fields_of(serializer)) == {"held": line}
