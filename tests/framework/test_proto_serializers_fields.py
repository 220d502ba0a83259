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
from editions import Edition, fields_of, lines
from library.models import Author, Book, Tag
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
