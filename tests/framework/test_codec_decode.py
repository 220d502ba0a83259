"""Messages to data: what a field that is not set means, row by row; nested messages; enums."""

from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps
from django_socio_grpc.codec import decoder
from django_socio_grpc.proto_serializers import (
    BaseProtoSerializer,
    ModelProtoSerializer,
    ProtoSerializer,
)
from library.models import Author, Book
from messages import messages
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

OPTIONAL = messages(
    M="optional string text, optional int32 number, optional bool flag, Inner inner, "
    "google.protobuf.Struct extra, google.protobuf.Timestamp at",
    Inner="string name",
).M
PLAIN = messages(M="string text, int32 number, bool flag, repeated string tags").M
MASKED = messages(
    M="optional string text, string other, Inner inner, repeated string tags, "
    "repeated string _partial_update_fields",
    Inner="optional string name",
).M


def data_of(cls: Any, message: Any, *, updating: bool = False, **kwargs: Any) -> Any:
    return decoder(cls(), type(message), updating=updating)(message, **kwargs)


def serializer(**fields: serializers.Field) -> type[ProtoSerializer]:
    return type("Declared", (ProtoSerializer,), fields)


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

LEFT_OUT = "left out"


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


# Partial updates


def test_only_listed_fields_are_updated() -> None:
    cls = serializer(text=serializers.CharField(), other=serializers.CharField())
    message = MASKED(text="a", other="b", _partial_update_fields=["text"])
    assert data_of(cls, message, updating=True, partial=True) == {"text": "a"}
    assert data_of(cls, MASKED(text="a"), updating=True, partial=True) == {}


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("text", serializers.CharField(allow_null=True), None),
        ("text", serializers.CharField(allow_null=True, default="x"), None),
        ("text", serializers.CharField(default="x"), "x"),
        ("text", serializers.CharField(default=lambda: "called"), "called"),
        ("text", serializers.CharField(), ""),
        ("text", serializers.CharField(required=False), ""),
        ("text", serializers.CharField(read_only=True), LEFT_OUT),
        ("tags", serializers.ListField(), []),
        ("inner", serializer(name=serializers.CharField())(), None),
        ("inner", serializer(name=serializers.CharField())(allow_null=True), None),
    ],
    ids=repr,
)
def test_a_field_that_is_listed_but_not_set(
    name: str, field: serializers.Field, value: object
) -> None:
    message = MASKED(_partial_update_fields=[name])
    data = data_of(serializer(**{name: field}), message, updating=True, partial=True)
    assert data.get(name, LEFT_OUT) == value


def test_a_default_that_looks_at_the_context_is_that_of_the_call() -> None:
    class FromContext:
        requires_context = True

        def __call__(self, field: serializers.Field) -> Any:
            return field.context["who"]

    default: Any = FromContext()
    cls = serializer(text=serializers.CharField(default=default))
    message = MASKED(_partial_update_fields=["text"])
    for who in ("Ann", "Bob"):
        caller = cls(object(), message=message, partial=True, context={"who": who})
        assert caller.initial_data == {"text": who}


def test_a_partial_update_of_an_unknown_field_names_it_and_those_there_are() -> None:
    cls = serializer(text=serializers.CharField(), other=serializers.CharField(read_only=True))
    message = MASKED(_partial_update_fields=["titel", "text"])
    with pytest.raises(ValidationError) as info:
        data_of(cls, message, updating=True, partial=True)
    assert info.value.get_codes() == {"_partial_update_fields": ["unknown_field"]}
    assert "There is no field 'titel'. Those to update are: text." in str(info.value)


def test_a_partial_update_may_name_what_it_cannot_change() -> None:
    cls = serializer(text=serializers.CharField(), other=serializers.CharField(read_only=True))
    names = ["text", "other", "tags"]  # "tags" is in the message alone: a handler may read it
    message = MASKED(text="a", other="b", _partial_update_fields=names)
    checked = cls(object(), message=message, partial=True)
    assert checked.is_valid()
    assert checked.validated_data == {"text": "a"}


def test_the_error_of_an_unknown_field_is_short_however_long_the_name_is() -> None:
    cls = serializer(text=serializers.CharField())
    message = MASKED(_partial_update_fields=["x" * 10_000])
    with pytest.raises(ValidationError) as info:
        data_of(cls, message, updating=True, partial=True)
    assert len(str(info.value)) < 500


def test_a_partial_update_needs_to_say_of_what() -> None:
    cls = serializer(text=serializers.CharField())
    with pytest.raises(ValidationError) as info:
        data_of(cls, OPTIONAL(text="a"), updating=True, partial=True)
    assert info.value.get_codes() == {
        "_partial_update_fields": ["missing_partial_message_attribute"]
    }
    assert "tests.M has no field _partial_update_fields" in str(info.value)


# Nested, repeated, recursive


def test_nested_messages_are_decoded_by_their_serializers() -> None:
    inner = serializer(
        name=serializers.CharField(allow_null=True), level=serializers.IntegerField(default=3)
    )
    cls = serializer(
        one=inner(), many=inner(many=True), listed=serializers.ListField(child=inner())
    )
    target = messages(
        M="Inner one, repeated Inner many, repeated Inner listed",
        Inner="optional string name, optional int32 level",
    ).M
    message = target(one={"level": 1}, many=[{"name": "a"}, {}], listed=[{"name": "b"}])
    assert data_of(cls, message) == {
        "one": {"name": None, "level": 1},
        "many": [{"name": "a"}, {"name": None}],
        "listed": [{"name": "b"}],
    }


def test_a_serializer_that_holds_itself() -> None:
    class Node(ProtoSerializer):
        name = serializers.CharField()

        def get_fields(self) -> dict[str, serializers.Field]:
            return {**super().get_fields(), "children": Node(many=True)}

    target = messages(Node="string name, repeated Node children").Node
    message = target(name="root", children=[{"name": "a", "children": [{"name": "b"}]}])
    leaf = {"name": "b", "children": []}
    assert data_of(Node, message) == {
        "name": "root",
        "children": [{"name": "a", "children": [leaf]}],
    }
    checked = Node(message=message)
    assert checked.is_valid(), checked.errors


def test_a_message_without_a_serializer_is_a_dict_of_what_is_set() -> None:
    cls = serializer(inner=serializers.DictField())
    target = messages(
        M="Inner inner", Inner="optional string a, int32 b, repeated string c, Inner d"
    ).M
    message = target(inner={"b": 2, "d": {"a": "x"}})
    assert data_of(cls, message) == {"inner": {"b": 2, "c": [], "d": {"a": "x", "b": 0, "c": []}}}


def test_a_serializer_without_fields_gets_the_whole_message() -> None:
    class Free(BaseProtoSerializer):
        def to_internal_value(self, data: Any) -> Any:
            return data

    assert data_of(Free, PLAIN(text="a")) == {"text": "a", "number": 0, "flag": False, "tags": []}


def test_fields_that_depend_on_the_context_are_decoded() -> None:
    class Chosen(ModelProtoSerializer):
        class Meta:
            model = Author
            fields = ["name", "born"]

        def get_fields(self) -> dict[str, serializers.Field]:
            fields = super().get_fields()
            return {name: fields[name] for name in self.context["only"]}

    target = messages(M="string name, optional string born").M
    message = target(name="Jane", born="1775-12-16")
    one = Chosen(message=message, context={"only": ["name"]})
    other = Chosen(message=message, context={"only": ["born"]})
    assert one.initial_data == {"name": "Jane"}
    assert other.initial_data == {"born": "1775-12-16"}


# Enums

LEVELS: dict[str, tuple[str, ...]] = {"Level": ("LEVEL_UNSPECIFIED", "LOW", "HIGH")}


@pytest.mark.parametrize("label", ["", "optional "])
def test_an_enum_is_the_choice_of_its_name(label: str) -> None:
    cls = serializer(level=serializers.ChoiceField(choices=["LOW", "HIGH"], default="LOW"))
    target = messages(M=label + "Level level", enums=LEVELS).M
    assert data_of(cls, target(level=2)) == {"level": "HIGH"}
    assert data_of(cls, target()) == {}
    assert data_of(cls, target(level=9)) == {"level": 9}  # and no choice


def test_an_enum_that_is_not_specified_is_null() -> None:
    cls = serializer(level=serializers.ChoiceField(choices=["LOW"], allow_null=True))
    target = messages(M="Level level", enums=LEVELS).M
    assert data_of(cls, target()) == {"level": None}


def test_an_enum_of_numbers_is_its_number() -> None:
    cls = serializer(
        level=serializers.ChoiceField(choices=[1, 2]),
        levels=serializers.MultipleChoiceField(choices=[1, 2]),
    )
    target = messages(M="Level level, repeated Level levels", enums=LEVELS).M
    assert data_of(cls, target(level=2, levels=[1, 2])) == {"level": 2, "levels": [1, 2]}


def test_the_first_value_of_an_enum_without_unspecified_is_a_choice() -> None:
    cls = serializer(level=serializers.ChoiceField(choices=["LOW"], default="LOW"))
    target = messages(M="Level level", enums={"Level": ("LOW", "HIGH")}).M
    assert data_of(cls, target()) == {"level": "LOW"}


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
