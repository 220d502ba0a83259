"""A serializer's fields -> fields of messages: types, labels and sides."""

from typing import Any, ClassVar

import pytest
from django.db import models
from django.test.utils import isolate_apps
from django.utils.translation import gettext_lazy
from django_socio_grpc.exceptions import ProtoRegistrationError
from django_socio_grpc.schema.model import STRUCT, Side
from editions import TagSerializer, edition, fields_of, lines, one
from library.models import Author, Book
from rest_framework import serializers

VALUE = "google.protobuf.Value"


# A model's fields


def test_every_field_of_a_model_in_a_response() -> None:
    class BookSerializer(serializers.ModelSerializer):
        class Meta:
            model = Book
            fields = "__all__"

    assert lines(fields_of(BookSerializer())) == {
        "id": "int64",
        "title": "string",
        "isbn": "string",
        "genre": "string",
        "pages": "int32",
        "price": "string",
        "rating": "optional double",
        "available": "bool",
        "published": "optional string",
        "opens_at": "optional string",
        "loan_time": "optional string",
        "created": "string",
        "extra": VALUE,
        "cover": "bytes",
        "note": "optional string",
        "author": "int64",
        "tags": "repeated int64",
    }


def test_every_field_of_a_model_in_a_request() -> None:
    class BookSerializer(serializers.ModelSerializer):
        class Meta:
            model = Book
            fields = "__all__"

    found = lines(fields_of(BookSerializer(), Side.REQUEST))
    assert "created" not in found  # read-only
    assert found["id"] == "optional int64"
    assert found["title"] == "string"
    assert found["author"] == "int64"
    assert found["pages"] == "optional int32"
    assert found["rating"] == "optional double"
    assert found["tags"] == "repeated int64"


def test_existing_contracts_may_keep_their_types() -> None:
    found = fields_of(edition("price", "rating", "created"))
    assert {"double", "float"} <= found["price"].accepts
    assert "float" in found["rating"].accepts
    assert "google.protobuf.Timestamp" in found["created"].accepts


def test_help_text_is_the_comment() -> None:
    class AuthorSerializer(serializers.ModelSerializer):
        born = serializers.DateField(help_text=gettext_lazy("Day of birth."))

        class Meta:
            model = Author
            fields = ["id", "name", "born"]

    found = fields_of(AuthorSerializer())
    assert found["name"].comment == "As it is printed on the cover."
    assert found["born"].comment == "Day of birth."
    assert found["id"].comment == ""


# Sides


class Account(serializers.Serializer[Any]):
    name = serializers.CharField()
    password = serializers.CharField(write_only=True)
    joined = serializers.DateField(read_only=True)
    owner = serializers.HiddenField(default="me")


@pytest.mark.parametrize(
    ("side", "names"),
    [
        (Side.REQUEST, ["name", "password"]),
        (Side.RESPONSE, ["name", "joined"]),
        (Side.BOTH, ["name", "password", "joined"]),
    ],
)
def test_read_only_write_only_and_hidden(side: Side, names: list[str]) -> None:
    assert list(fields_of(Account(), side)) == names


def test_primary_key_is_in_the_request_under_any_name() -> None:
    found = fields_of(
        edition(number=serializers.IntegerField(source="pk", read_only=True)), Side.REQUEST
    )
    assert lines(found) == {"number": "optional int64"}


@pytest.mark.parametrize(
    ("field", "request_line", "response_line"),
    [
        (serializers.CharField(), "string", "string"),
        (serializers.CharField(allow_null=True), "optional string", "optional string"),
        (serializers.CharField(required=False), "optional string", "string"),
        (serializers.CharField(default="a"), "optional string", "string"),
        (
            serializers.ListField(child=serializers.CharField(), required=False),
            "repeated string",
            "repeated string",
        ),
    ],
)
def test_presence(field: Any, request_line: str, response_line: str) -> None:
    assert one(field, Side.REQUEST) == request_line
    assert one(field) == response_line


@isolate_apps("library")
def test_read_only_column_that_may_be_null_is_optional() -> None:
    class Log(models.Model):  # noqa: DJ008
        at = models.DateField(null=True, editable=False)

        class Meta:
            app_label = "library"

    class LogSerializer(serializers.ModelSerializer):
        class Meta:
            model = Log
            fields = ["at"]

    assert lines(fields_of(LogSerializer())) == {"at": "optional string"}


# Lists and values of any shape


@pytest.mark.parametrize(
    ("field", "line"),
    [
        (serializers.ListField(child=serializers.IntegerField()), "repeated int32"),
        (serializers.ListField(child=serializers.BigIntegerField()), "repeated int64"),
        (serializers.ListField(), f"repeated {VALUE}"),
        (
            serializers.ListField(child=serializers.ListField(child=serializers.IntegerField())),
            "repeated google.protobuf.ListValue",
        ),
        (serializers.MultipleChoiceField(choices=["a", "b"]), "repeated string"),
        (serializers.MultipleChoiceField(choices=[1, 2]), "repeated int32"),
        (serializers.ChoiceField(choices=[1, 2]), "int32"),
        (serializers.DictField(), STRUCT),
        (serializers.JSONField(), VALUE),
        (serializers.IntegerField(max_value=2**40), "int64"),
        (serializers.ListField(child=TagSerializer()), "repeated TagSerializer"),
        (TagSerializer(many=True), "repeated TagSerializer"),
        (
            serializers.ListField(child=TagSerializer(many=True)),
            "repeated google.protobuf.ListValue",
        ),
        (TagSerializer(), "TagSerializer"),
        (TagSerializer(allow_null=True), "optional TagSerializer"),
    ],
)
def test_type(field: Any, line: str) -> None:
    assert one(field) == line


def test_proto_type_of_the_field_wins() -> None:
    class Moment(serializers.DateTimeField):
        proto_type = "google.protobuf.Timestamp"

    assert one(Moment()) == "google.protobuf.Timestamp"


def test_meta_asks_for_types_by_name() -> None:
    class Moments(serializers.Serializer[Any]):
        at = serializers.DateTimeField()
        days = serializers.ListField(child=serializers.DateField())

        class Meta:
            proto_types: ClassVar[dict[str, str]] = {
                "at": "google.protobuf.Timestamp",
                "days": "google.type.Date",
            }

    found = fields_of(Moments())
    assert lines(found) == {
        "at": "google.protobuf.Timestamp",
        "days": "repeated google.type.Date",
    }
    assert "string" in found["at"].accepts


def test_meta_that_asks_for_the_type_of_no_field_is_refused() -> None:
    class Moments(serializers.Serializer[Any]):
        at = serializers.DateTimeField()

        class Meta:
            proto_types: ClassVar[dict[str, str]] = {"att": "google.protobuf.Timestamp"}

    with pytest.raises(ProtoRegistrationError, match=r"proto_types has 'att'.* There are: at\."):
        fields_of(Moments())


def test_a_choice_of_numbers_that_are_an_enum_is_found_at_once() -> None:
    """A range looks for a member of an IntegerChoices number by number, all four billion."""

    class Level(models.IntegerChoices):
        LOW = -5
        HIGH = 2**40

    assert one(serializers.ChoiceField(choices=Level)) == "int64"  # type: ignore[arg-type]
