"""Rows to messages: the plan of a static serializer, and DRF's own way for all the rest."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from django.core.files.base import File
from django.test import override_settings
from django.urls import path
from django.utils import timezone
from django.views import View
from django_socio_grpc.codec import CodecError, encoder
from django_socio_grpc.proto_serializers import ModelProtoSerializer, ProtoSerializer
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from library.models import Author, Book, Tag
from messages import messages
from rest_framework import fields, serializers
from rest_framework.test import APIRequestFactory

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


urlpatterns = [path("authors/<int:pk>/", View.as_view(), name="author")]


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


@contextmanager
def no_drf_fields() -> Iterator[None]:
    """Fail if a field of a serializer is made."""
    with mock.patch.object(fields.Field, "__init__", side_effect=AssertionError("a field")):
        yield


@pytest.fixture
def books(db: None) -> list[Book]:
    tags = [Tag.objects.create(label=label) for label in ("a", "b", "c")]
    author = Author.objects.create(name="Jane", born=datetime.date(1775, 12, 16))
    books = [
        Book.objects.create(title=f"Book {number}", author=author, rating=number or None)
        for number in range(4)
    ]
    for book in books[1:]:
        book.tags.set(tags)
    return books


# What a plan reads


def test_nested_rows_and_lists_are_part_of_the_plan(books: list[Book]) -> None:
    serializer = BookSerializer(books[1])
    codec = encoder(BookSerializer, pb.Book)
    with no_drf_fields():
        message = codec.encode(serializer, books[1])
    assert MessageToDict(message) == encode(BookSerializer, pb.Book, books[1])
    assert message.author.name == "Jane"
    assert [tag.label for tag in message.tags] == ["a", "b", "c"]


def test_null_is_absent_and_zero_is_not() -> None:
    class Rated(ModelProtoSerializer):
        class Meta:
            model = Book
            fields = ["rating"]

    codec = encoder(Rated, pb.Book)
    assert not codec.encode(Rated(), Book(rating=None)).HasField("rating")
    assert codec.encode(Rated(), Book(rating=0.0)).HasField("rating")


def test_a_nested_null_is_absent() -> None:
    class Maybe(ProtoSerializer):
        author = AuthorSerializer(allow_null=True)

    assert encode(Maybe, pb.Book, SimpleNamespace(author=None)) == {}


def test_a_field_that_one_side_has_not_is_left_out() -> None:
    class Wide(ProtoSerializer):
        value = serializers.CharField()
        other = serializers.CharField()

    class Narrow(ProtoSerializer):
        pass

    assert encode(Wide, pb.One, SimpleNamespace(value="a", other="b")) == {"value": "a"}
    assert encode(Narrow, pb.One, SimpleNamespace()) == {}


def test_what_is_write_only_is_not_sent() -> None:
    class Secret(ProtoSerializer):
        value = serializers.CharField(write_only=True)

    assert encode(Secret, pb.One, SimpleNamespace(value="a")) == {}


def test_a_source_may_be_a_path_or_a_method() -> None:
    class Paths(ProtoSerializer):
        title = serializers.CharField(source="book.title")
        cover = serializers.CharField(source="upper")

    row = SimpleNamespace(book=SimpleNamespace(title="Emma"), upper=lambda: "EMMA")
    assert encode(Paths, pb.Book, row) == {"title": "Emma", "cover": "EMMA"}


def test_a_source_may_lead_nowhere() -> None:
    class Default(ProtoSerializer):
        value = serializers.CharField(source="a.b", default="none")

    class Skipped(ProtoSerializer):
        value = serializers.CharField(source="a.b", read_only=True)

    assert encode(Default, pb.One, SimpleNamespace(a=None)) == {"value": "none"}
    assert encode(Skipped, pb.One, SimpleNamespace(a=None)) == {}


def test_a_row_may_be_a_dict_even_with_keys_that_dicts_have_as_methods() -> None:
    class Items(ProtoSerializer):
        value = serializers.CharField(source="items")

    assert encode(Items, pb.One, {"items": "a"}) == {"value": "a"}


def test_a_foreign_key_is_read_from_the_row_itself(
    books: list[Book], django_assert_num_queries: Any
) -> None:
    class Key(ModelProtoSerializer):
        id: Any = serializers.PrimaryKeyRelatedField(source="author", read_only=True)

        class Meta:
            model = Book
            fields = ["id"]

    book = Book.objects.get(pk=books[0].pk)
    codec, serializer = encoder(Key, pb.Author), Key()
    with django_assert_num_queries(0), no_drf_fields():
        message: Any = codec.encode(serializer, book)
    assert message.id == books[0].author_id


def test_the_keys_of_a_hundred_rows_take_two_queries(
    books: list[Book], django_assert_num_queries: Any
) -> None:
    class Keys(ModelProtoSerializer):
        keys: Any = serializers.PrimaryKeyRelatedField(source="tags", many=True, read_only=True)

        class Meta:
            model = Book
            fields = ["title", "keys"]

    more = [Book(title="x", author=books[0].author) for _ in range(96)]
    Book.objects.bulk_create(more)
    rows = Book.objects.prefetch_related("tags").order_by("id")
    shelf, serializer, codec = pb.Shelf(), Keys(), encoder(Keys, pb.Book)
    with django_assert_num_queries(2), no_drf_fields():
        codec.extend(serializer, rows, shelf.books)
    assert len(shelf.books) == 100
    tags = sorted(Tag.objects.values_list("pk", flat=True))
    assert [sorted(book.keys) for book in shelf.books[:2]] == [[], tags]


def test_nested_rows_and_lists_of_a_hundred_rows_take_two_queries(
    books: list[Book], django_assert_num_queries: Any
) -> None:
    Book.objects.bulk_create(Book(title="x", author=books[0].author) for _ in range(96))
    rows = Book.objects.select_related("author").prefetch_related("tags")
    shelf, serializer = pb.Shelf(), BookSerializer()
    with django_assert_num_queries(2):
        encoder(BookSerializer, pb.Book).extend(serializer, rows, shelf.books)
    assert sum(len(book.tags) for book in shelf.books) == 9


def test_an_unsaved_row_has_no_related_rows(db: None) -> None:
    class Keys(ModelProtoSerializer):
        keys: Any = serializers.PrimaryKeyRelatedField(source="tags", many=True, read_only=True)

        class Meta:
            model = Book
            fields = ["keys"]

    assert encode(Keys, pb.Book, Book(title="x")) == {}


def test_a_slug_and_a_text_of_a_related_row(books: list[Book]) -> None:
    class Slugs(ModelProtoSerializer):
        author: Any = serializers.SlugRelatedField(slug_field="name", read_only=True)
        extra: Any = serializers.StringRelatedField(source="author")

        class Meta:
            model = Book
            fields = ["author", "extra"]

    target = messages(Book="string author, string extra").Book
    assert encode(Slugs, target, books[0]) == {"author": "Jane", "extra": str(books[0].author)}


def test_the_time_zone_of_the_moment_is_used() -> None:
    class At(ProtoSerializer):
        value = serializers.DateTimeField()

    row = SimpleNamespace(value=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    assert encode(At, pb.One, row) == {"value": "2026-01-01T00:00:00Z"}
    with timezone.override("Asia/Tokyo"):
        assert encode(At, pb.One, row) == {"value": "2026-01-01T09:00:00+09:00"}


def test_a_naive_moment_is_one_of_the_current_time_zone() -> None:
    class At(ProtoSerializer):
        value = serializers.DateTimeField()

    row = SimpleNamespace(value=datetime.datetime(2026, 1, 1))
    assert encode(At, pb.One, row) == {"value": "2026-01-01T00:00:00Z"}


def test_a_changed_setting_changes_the_plan() -> None:
    class At(ProtoSerializer):
        value = serializers.DateField()

    row = SimpleNamespace(value=datetime.date(2026, 1, 2))
    assert encode(At, pb.One, row) == {"value": "2026-01-02"}
    with override_settings(REST_FRAMEWORK={"DATE_FORMAT": "%d/%m"}):
        assert encode(At, pb.One, row) == {"value": "02/01"}
    assert encode(At, pb.One, row) == {"value": "2026-01-02"}


# Rows that the plan cannot take


@pytest.mark.parametrize(
    ("field", "value", "sent"),
    [
        (serializers.IntegerField(), "77", 77),
        (serializers.IntegerField(), 7.9, 7),
        (serializers.IntegerField(), True, 1),
    ],
)
def test_a_value_of_another_type_is_represented_by_drf(
    field: serializers.Field, value: object, sent: object
) -> None:
    cls = type("Odd", (ProtoSerializer,), {"value": field})
    assert encode(cls, pb.Number, SimpleNamespace(value=value)) == {"value": sent}


def test_text_where_a_date_or_a_key_is_expected_is_sent_as_it_is() -> None:
    for field in (serializers.DateField(), serializers.UUIDField(), serializers.TimeField()):
        cls = type("Odd", (ProtoSerializer,), {"value": field})
        assert encode(cls, pb.One, SimpleNamespace(value="2026")) == {"value": "2026"}


def test_a_number_where_a_decimal_is_expected_is_rounded() -> None:
    class Priced(ProtoSerializer):
        value = serializers.DecimalField(max_digits=5, decimal_places=2)

    for value, sent in ((0, "0.00"), (0.1, "0.10"), ("0.129", "0.13")):
        assert encode(Priced, pb.One, SimpleNamespace(value=value)) == {"value": sent}


def test_one_odd_row_among_many_keeps_its_place() -> None:
    class Number(ProtoSerializer):
        value = serializers.IntegerField()

    target = messages(Number="int32 value", Shelf="repeated Number items")
    shelf = target.Shelf(items=[{"value": 0}])
    rows = [SimpleNamespace(value=value) for value in (1, "2", 3, "4")]
    encoder(Number, target.Number).extend(Number(), rows, shelf.items)
    assert [item.value for item in shelf.items] == [0, 1, 2, 3, 4]


# Serializers without a plan


def test_an_overridden_representation_is_used() -> None:
    class Shouting(BookSerializer):
        def to_representation(self, instance: Book) -> dict[str, Any]:
            return {"title": instance.title.upper(), "unknown": 1}

    assert not is_planned(Shouting, pb.Book)
    assert encode(Shouting, pb.Book, Book(title="Emma")) == {"title": "EMMA"}


def test_fields_that_depend_on_the_context_are_used() -> None:
    class Chosen(ModelProtoSerializer):
        class Meta:
            model = Author
            fields = ["id", "name"]

        def get_fields(self) -> dict[str, serializers.Field]:
            fields = super().get_fields()
            return {name: fields[name] for name in self.context["only"]}

    assert not encoder(Chosen, pb.Author).has_plan_for(Chosen(context={"only": []}))
    row = Author(id=1, name="Jane")
    assert encode(Chosen, pb.Author, row, context={"only": ["name"]}) == {"name": "Jane"}
    assert encode(Chosen, pb.Author, row, context={"only": ["id"]}) == {"id": "1"}


@pytest.mark.parametrize("hook", ["get_field_names", "build_standard_field", "get_extra_kwargs"])
def test_any_hook_that_decides_about_fields_counts(hook: str) -> None:
    def override(self: Any, *args: Any) -> Any:
        return getattr(super(cls, self), hook)(*args)

    cls: Any = type("Hooked", (AuthorSerializer,), {hook: override})
    assert is_planned(AuthorSerializer, pb.Author)
    assert not is_planned(cls, pb.Author)


def test_a_constructor_of_its_own_counts() -> None:
    class Built(ProtoSerializer):
        value = serializers.CharField()

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.fields.pop("value")

    assert not is_planned(Built, pb.One)
    assert encode(Built, pb.One, SimpleNamespace(value="a")) == {}


def test_fields_that_someone_changed_after_the_fact_are_used() -> None:
    author = Author(id=1, name="Jane")
    codec = encoder(AuthorSerializer, pb.Author)
    untouched, looked_at, changed = (AuthorSerializer(author) for _ in range(3))
    assert looked_at.fields
    changed.fields.pop("name")
    assert codec.has_plan_for(untouched)
    assert codec.has_plan_for(looked_at)
    assert not codec.has_plan_for(changed)
    replaced = AuthorSerializer(author)
    replaced.fields["name"] = serializers.SerializerMethodField(method_name="get_shout")
    assert not codec.has_plan_for(replaced)


def test_a_serializer_that_holds_itself() -> None:
    class Node(ProtoSerializer):
        name = serializers.CharField()

        def get_fields(self) -> dict[str, serializers.Field]:
            return {**super().get_fields(), "children": Node(many=True)}

    leaf = SimpleNamespace(name="leaf", children=[])
    root = SimpleNamespace(name="root", children=[leaf, leaf])
    assert encode(Node, pb.Node, root) == {
        "name": "root",
        "children": [{"name": "leaf"}, {"name": "leaf"}],
    }


def test_a_nested_serializer_without_a_plan_has_the_context_of_the_call() -> None:
    class Loud(AuthorSerializer):
        def to_representation(self, instance: Author) -> dict[str, Any]:
            return {"name": instance.name + self.context["mark"]}

    class Outer(ProtoSerializer):
        title = serializers.CharField()
        author = Loud()

    row = SimpleNamespace(title="Emma", author=Author(name="Jane"))
    assert is_planned(Outer, pb.Book)
    for mark in "!?":
        sent = encode(Outer, pb.Book, row, context={"mark": mark})
        assert sent == {"title": "Emma", "author": {"name": "Jane" + mark}}


# Fields that look at the context


def test_a_method_field_has_the_context_of_the_call_at_any_depth() -> None:
    class Marked(AuthorSerializer):
        name = serializers.SerializerMethodField()

        def get_name(self, author: Author) -> str:
            return author.name + str(self.context["mark"])

    class Outer(ProtoSerializer):
        author = Marked()
        title = serializers.SerializerMethodField(method_name="named")

        def named(self, row: Any) -> str | None:
            mark: str | None = self.context["mark"]
            return mark

    class Shelf(ProtoSerializer):
        books = Outer(many=True)

    row = SimpleNamespace(books=[SimpleNamespace(author=Author(name="Jane"))])
    assert is_planned(Shelf, pb.Shelf)
    for mark in "!?":
        sent = encode(Shelf, pb.Shelf, row, context={"mark": mark})
        assert sent == {"books": [{"author": {"name": "Jane" + mark}, "title": mark}]}


def test_a_method_field_that_returns_none_is_absent() -> None:
    class Nothing(ProtoSerializer):
        value = serializers.SerializerMethodField()

        def get_value(self, row: Any) -> None:
            return None

    assert encode(Nothing, pb.One, SimpleNamespace()) == {}


def test_a_method_field_may_return_what_another_serializer_gives() -> None:
    class Outer(ProtoSerializer):
        author = serializers.SerializerMethodField()
        tags = serializers.SerializerMethodField()

        def get_author(self, row: Any) -> Any:
            return AuthorSerializer(row.author).data

        def get_tags(self, row: Any) -> Any:
            return [pb.Tag(label="a"), {"label": "b"}]

    row = SimpleNamespace(author=Author(name="Jane"))
    assert encode(Outer, pb.Book, row) == {
        "author": {"name": "Jane"},
        "tags": [{"label": "a"}, {"label": "b"}],
    }


def test_a_field_class_of_ones_own_has_the_context_of_the_call() -> None:
    class Marked(serializers.CharField):
        def to_representation(self, value: str) -> str:
            return value + str(self.context["mark"])

    class Outer(ProtoSerializer):
        value = Marked()

    class Listed(ProtoSerializer):
        value = serializers.ListField(child=Marked())

    target = messages(Many="repeated string value").Many
    assert is_planned(Outer, pb.One)
    for mark in "!?":
        context = {"mark": mark}
        row = SimpleNamespace(value="a")
        assert encode(Outer, pb.One, row, context=context) == {"value": "a" + mark}
        row = SimpleNamespace(value=["a"])
        assert encode(Listed, target, row, context=context) == {"value": ["a" + mark]}


def test_a_file_has_the_address_of_the_request() -> None:
    class WithFile(ProtoSerializer):
        value = serializers.FileField()

    class Stored(File):
        url = "/media/emma.txt"

    row = SimpleNamespace(value=Stored(None, name="emma.txt"))
    request = APIRequestFactory().get("/")
    assert encode(WithFile, pb.One, row) == {"value": "/media/emma.txt"}
    sent = encode(WithFile, pb.One, row, context={"request": request})
    assert sent == {"value": "http://testserver/media/emma.txt"}
    assert encode(WithFile, pb.One, SimpleNamespace(value=Stored(None, name=""))) == {}


@pytest.mark.urls(__name__)
def test_a_link_has_the_address_of_the_request() -> None:
    class Linked(ModelProtoSerializer):
        name: Any = serializers.HyperlinkedIdentityField(view_name="author")

        class Meta:
            model = Author
            fields = ["name"]

    context = {"request": APIRequestFactory().get("/")}
    assert is_planned(Linked, pb.Author)
    sent = encode(Linked, pb.Author, Author(pk=7), context=context)
    assert sent == {"name": "http://testserver/authors/7/"}


def test_a_default_may_look_at_the_context() -> None:
    class FromContext:
        requires_context = True

        def __call__(self, field: serializers.Field) -> Any:
            return field.context["mark"]

    default: Any = FromContext()

    class Outer(ProtoSerializer):
        value = serializers.CharField(default=default)
        other = serializers.ChoiceField(choices=["!", "?", 1], default=default)

    target = messages(M="string value, string other").M

    for mark in "!?":
        sent = encode(Outer, target, SimpleNamespace(), context={"mark": mark})
        assert sent == {"value": mark, "other": mark}
        sent = encode(Outer, target, SimpleNamespace(value="a"), context={"mark": mark})
        assert sent == {"value": "a", "other": mark}


# Errors


@pytest.mark.parametrize(
    ("message", "field", "value", "said"),
    [
        ("Number", serializers.IntegerField(), 2**40, "tests.Number.value is int32 and cannot"),
        ("Number", serializers.CharField(), "a", "tests.Number.value is int32 and cannot"),
        ("Number", serializers.FloatField(), 1.5, "1.5 is not a whole number"),
        ("Numbers", serializers.CharField(), "12", "repeated int32 and cannot carry '12'"),
        (
            "Numbers",
            serializers.ListField(child=serializers.IntegerField(allow_null=True)),
            [1, None],
            r"tests.Numbers.value is repeated int32 and cannot carry \[1, None\]",
        ),
        ("Counts", serializers.ListField(), [1], r"cannot carry \[1\]"),
        ("Tag", serializers.CharField(), "a", r"tests.Outer.value is tests.Tag"),
    ],
)
def test_a_value_that_does_not_fit_is_named(
    message: str, field: serializers.Field, value: object, said: str
) -> None:
    cls = type("Odd", (ProtoSerializer,), {"value": field})
    target = getattr(pb, message)
    if message == "Tag":
        target = messages(Outer="Tag value", Tag="string label").Outer
    with pytest.raises(CodecError, match=said) as info:
        encoder(cls, target).encode(cls(), SimpleNamespace(value=value))
    assert "Change what the serializer's field 'value' represents" in str(info.value)


def test_an_unknown_key_of_an_enum_is_named() -> None:
    class Leveled(ProtoSerializer):
        value = serializers.CharField()

    target = messages(M="Level value", enums={"Level": ("NONE", "LOW")}).M
    with pytest.raises(CodecError, match=r"tests.Level has only NONE, LOW"):
        encoder(Leveled, target).encode(Leveled(), SimpleNamespace(value="MIDDLE"))


def test_a_value_deep_inside_is_named_by_its_own_message() -> None:
    class Inner(ProtoSerializer):
        value = serializers.CharField()

    class Outer(ProtoSerializer):
        inner = Inner(many=True)

    target = messages(Outer="repeated Inner inner", Inner="int32 value").Outer
    row = SimpleNamespace(inner=[SimpleNamespace(value="x")])
    with pytest.raises(CodecError, match=r"tests.Inner.value is int32 and cannot carry 'x'"):
        encoder(Outer, target).encode(Outer(), row)


def test_a_long_value_is_cut_in_the_error() -> None:
    class Long(ProtoSerializer):
        value = serializers.CharField()

    for kind in ("int32", "double"):
        target = messages(M=f"{kind} value").M
        with pytest.raises(CodecError) as caught:
            encoder(Long, target).encode(Long(), SimpleNamespace(value="x" * 100_000))
        assert f"M.value is {kind} and cannot carry 'xxx" in str(caught.value)
        assert len(str(caught.value)) < 600


def test_a_missing_attribute_is_named_as_drf_names_it() -> None:
    class Odd(ProtoSerializer):
        value = serializers.CharField()

    with pytest.raises(AttributeError, match="field `value` on serializer `Odd`"):
        encoder(Odd, pb.One).encode(Odd(), SimpleNamespace())


def test_an_error_in_a_method_of_the_user_is_the_users() -> None:
    class Broken(ProtoSerializer):
        value = serializers.SerializerMethodField()

        def get_value(self, row: Any) -> str:
            raise KeyError("my bug")

    with pytest.raises(KeyError, match="my bug"):
        encoder(Broken, pb.One).encode(Broken(), SimpleNamespace())
