"""Messages to data: what a field that is set or not set means."""

from typing import Any

import pytest
from decoded import LEFT_OUT, OPTIONAL, PLAIN, data_of, serializer
from django.db import models
from django.test.utils import isolate_apps
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from library.models import Author, Book
from messages import messages
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

# Set


def test_what_is_set_is_taken_even_if_it_is_zero() -> None:
    cls = serializer(
        text=serializers.CharField(default="x"),
        number=serializers.IntegerField(allow_null=True),
        flag=serializers.BooleanField(required=False),
    )
    message = OPTIONAL(text="", number=0, flag=False)
    for updating in (False, True):
        assert data_of(cls, message, updating=updating) == {"text": "", "number": 0, "flag": False}


def test_a_field_without_presence_is_always_set() -> None:
    cls = serializer(
        text=serializers.CharField(default="x"),
        number=serializers.IntegerField(allow_null=True),
        tags=serializers.ListField(required=False),
    )
    for updating in (False, True):
        assert data_of(cls, PLAIN(), updating=updating) == {"text": "", "number": 0, "tags": []}


def test_a_field_that_one_side_has_not_is_left_out() -> None:
    cls = serializer(text=serializers.CharField(), unknown=serializers.CharField())
    assert data_of(cls, OPTIONAL(text="a", number=1)) == {"text": "a"}


# Not set


@pytest.mark.parametrize(
    ("name", "field", "creating", "updating"),
    [
        ("text", serializers.CharField(), "", ""),
        ("number", serializers.IntegerField(), 0, 0),
        ("flag", serializers.BooleanField(), False, False),
        ("text", serializers.CharField(allow_null=True), None, None),
        ("text", serializers.CharField(allow_null=True, required=False), None, None),
        ("text", serializers.CharField(allow_null=True, default="x"), LEFT_OUT, None),
        ("text", serializers.CharField(default="x"), LEFT_OUT, LEFT_OUT),
        ("text", serializers.CharField(required=False), LEFT_OUT, LEFT_OUT),
        ("text", serializers.CharField(read_only=True), LEFT_OUT, LEFT_OUT),
        ("text", serializers.CharField(read_only=True, allow_null=True), LEFT_OUT, LEFT_OUT),
        ("extra", serializers.DictField(), LEFT_OUT, LEFT_OUT),
        ("extra", serializers.DictField(allow_null=True), None, None),
        ("at", serializers.DateTimeField(), LEFT_OUT, LEFT_OUT),
        ("inner", serializer(name=serializers.CharField())(), LEFT_OUT, LEFT_OUT),
        ("inner", serializer(name=serializers.CharField())(allow_null=True), None, None),
    ],
    ids=repr,
)
def test_a_field_that_is_not_set(
    name: str, field: serializers.Field, creating: object, updating: object
) -> None:
    cls = serializer(**{name: field})
    assert data_of(cls, OPTIONAL()).get(name, LEFT_OUT) == creating
    assert data_of(cls, OPTIONAL(), updating=True).get(name, LEFT_OUT) == updating


@isolate_apps("library")
def test_the_default_of_the_model_is_for_new_objects() -> None:
    class Row(models.Model):  # noqa: DJ008
        text = models.CharField(null=True, default="model")  # noqa: DJ001
        flag = models.BooleanField(null=True, default=True)
        number = models.IntegerField(null=True)

        class Meta:
            app_label = "library"

    class RowSerializer(ModelProtoSerializer):
        text = serializers.CharField(allow_null=True, default="serializer")

        class Meta:
            model = Row
            fields = ["text", "flag", "number"]

    # DRF leaves out what is left out here, and the model's own default is what is saved.
    assert data_of(RowSerializer, OPTIONAL()) == {"text": "model", "number": None}
    updating = data_of(RowSerializer, OPTIONAL(), updating=True)
    assert updating == {"text": None, "flag": None, "number": None}
    created = RowSerializer(message=OPTIONAL())
    assert created.is_valid()
    row = Row(**created.validated_data)
    assert (row.text, row.flag, row.number) == ("model", True, None)


def test_drf_says_what_is_missing() -> None:
    cls = serializer(
        at=serializers.DateTimeField(), inner=serializer(name=serializers.CharField())()
    )
    checked = cls(message=OPTIONAL())
    assert not checked.is_valid()
    assert {name: error[0].code for name, error in checked.errors.items()} == {
        "at": "required",
        "inner": "required",
    }


# Enums


def test_every_field_of_a_model_is_received_as_it_was_sent(db: None) -> None:
    class BookSerializer(ModelProtoSerializer):
        class Meta:
            model = Book
            fields = "__all__"

    target = messages(
        M="int64 id, string title, int64 author, repeated int64 tags, string isbn, string genre, "
        "int32 pages, string price, optional double rating, bool available, "
        "optional string published, optional string opens_at, optional string loan_time, "
        "string created, google.protobuf.Value extra, bytes cover, optional string note"
    ).M
    author = Author.objects.create(name="Jane")
    isbn = "0c96b570-8978-46d7-b1a9-0f53ed5a7b3c"
    message = target(
        title="Emma",
        author=author.pk,
        isbn=isbn,
        genre="poem",
        pages=3,
        price="12.30",
        rating=0.5,
        available=True,
        published="1815-12-23",
        opens_at="08:30:00",
        loan_time="14 00:00:00",
        extra={"struct_value": {"a": [1, None]}},
        cover=b"\xff\x00",
    )
    received = BookSerializer(message=message)
    received.is_valid(raise_exception=True)
    book = Book.objects.get(pk=received.save().pk)

    class Sent(BookSerializer):
        class Meta(BookSerializer.Meta):
            proto_class = target

    sent = Sent(book).message
    assert sent.id == book.pk
    assert sent.created
    for name in ("id", "created"):
        sent.ClearField(name)
    assert sent == message


@pytest.mark.parametrize(
    "data",
    [
        {"string_value": "a\0b"},
        {"list_value": ["a", "\0"]},
        {"struct_value": {"a": {"b\0": 1}}},
    ],
    ids=repr,
)
def test_null_characters_in_json_are_refused_by_the_name_of_the_field(data: Any) -> None:
    target = messages(M="google.protobuf.Value data").M
    declared = serializer(data=serializers.JSONField())
    with pytest.raises(ValidationError) as caught:
        data_of(declared, target(data=data))
    assert caught.value.detail == {"data": ["Null characters are not allowed."]}
