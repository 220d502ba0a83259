"""Rows as the values of a model's columns: when they do, and that they give equal messages."""

import datetime
import decimal
from collections.abc import Sequence
from typing import Any
from unittest import mock

import pytest
from django.db import models
from django.test.utils import isolate_apps
from django_socio_grpc.codec import CodecError, encoder
from django_socio_grpc.proto_serializers import ModelProtoSerializer, ProtoSerializer
from encoded import AuthorSerializer, BookSerializer, pb
from library.models import Author, Book, Genre
from messages import messages
from rest_framework import fields, serializers

COLUMNS = [column.attname for column in Book._meta.concrete_fields]

wide = messages(
    Book=(
        "int64 id, string title, int64 author, string isbn, string genre, int32 pages, "
        "string price, optional double rating, bool available, optional string published, "
        "optional string opens_at, optional string loan_time, string created, "
        "google.protobuf.Value extra, bytes cover, optional string note"
    ),
    Shelf="repeated Book books",
)


class WideSerializer(ModelProtoSerializer):
    class Meta:
        model = Book
        exclude = ["tags"]


def books() -> list[Book]:
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    plain = Book(id=7, title="Emma", author_id=3, created=moment, price=decimal.Decimal("0.00"))
    full = Book(
        id=8,
        title="Emma",
        author_id=3,
        created=moment,
        genre=Genre.POEM,
        price=decimal.Decimal("12.30"),
        rating=0.0,
        published=datetime.date(1815, 12, 23),
        opens_at=datetime.time(9, 30),
        loan_time=datetime.timedelta(days=14),
        extra={"a": [1, None]},
        cover=b"\x00\xff",
        note="",
    )
    return [plain, full]


def row_of(instance: models.Model) -> list[Any]:
    return [getattr(instance, column.attname) for column in instance._meta.concrete_fields]


def unused(row: Sequence[Any]) -> Any:
    raise AssertionError("an instance")


def declared(model: type[models.Model], *names: str, **declarations: Any) -> Any:
    """A serializer of fields of ``model``."""
    meta = type("Meta", (), {"model": model, "fields": [*names, *declarations]})
    return type("Declared", (ModelProtoSerializer,), {"Meta": meta, **declarations})


def model(title: str, /, *bases: type, proxy: bool = True, **attributes: Any) -> Any:
    """A model, of those that inherit a proxy if it is not said otherwise."""
    meta = type("Meta", (), {"app_label": "library", "proxy": proxy and bool(bases)})
    return type(
        title, bases or (models.Model,), {"__module__": __name__, "Meta": meta, **attributes}
    )


def reads(cls: Any, target: Any, model: type[models.Model]) -> bool:
    return encoder(cls, target).reads_columns_of(model)


def test_the_messages_of_columns_are_those_of_instances() -> None:
    codec, serializer = encoder(WideSerializer, wide.Book), WideSerializer()
    by_column, by_row, instances = wide.Shelf(), wide.Shelf(), books()
    rows = [row_of(instance) for instance in instances]
    assert codec.reads_columns_of(Book)
    codec.extend(serializer, instances, by_row.books)
    with mock.patch.object(fields.Field, "__init__", side_effect=AssertionError("a field")):
        codec.extend_columns(lambda: serializer, rows, by_column.books, instance=unused)
        listed = codec.encode_all_columns(lambda: serializer, rows, instance=unused)
        single = [codec.encode_columns(lambda: serializer, row, instance=unused) for row in rows]
    assert by_column == by_row
    assert list(by_row.books) == listed == single
    assert listed == [codec.from_data(WideSerializer(instance).data) for instance in instances]


def test_rows_of_a_query_are_such_rows(db: None) -> None:
    author = Author.objects.create(name="Jane")
    for instance in books():
        instance.author = author
        instance.save()
    codec = encoder(WideSerializer, wide.Book)
    rows = Book.objects.order_by("pk").values_list(*COLUMNS)
    found = codec.encode_all_columns(WideSerializer, rows, instance=unused)
    assert found == codec.encode_all(WideSerializer(), Book.objects.order_by("pk"))


def test_a_row_that_does_not_fit_becomes_an_instance_and_keeps_its_place() -> None:
    codec, shelf = encoder(WideSerializer, wide.Book), wide.Shelf(books=[{"id": 1}])
    pages = COLUMNS.index("pages")
    rows = [row_of(books()[0]) for _ in range(3)]
    rows[1][pages] = "12"

    def instance(row: Sequence[Any]) -> Book:
        model: Any = Book
        return model(*row)  # type: ignore[no-any-return]

    codec.extend_columns(WideSerializer, rows, shelf.books, instance=instance)
    assert [item.pages for item in shelf.books] == [0, 1, 12, 1]
    assert codec.encode_all_columns(WideSerializer, rows, instance=instance) == shelf.books[1:]
    rows[1][pages] = 2**40
    with pytest.raises(CodecError, match=r"Book.pages is int32"):
        codec.encode_columns(WideSerializer, rows[1], instance=instance)


def test_the_key_is_a_column_by_both_its_names() -> None:
    cls = declared(Author, id=serializers.IntegerField(source="pk"))
    assert reads(cls, pb.Author, Author)
    sent: Any = encoder(cls, pb.Author).encode_columns(cls, [5, "Jane", None], instance=unused)
    assert sent.id == 5


@pytest.mark.parametrize(
    "field",
    [
        serializers.SerializerMethodField(method_name="__str__"),
        serializers.CharField(source="author.name"),
        serializers.StringRelatedField(source="author"),
        serializers.ReadOnlyField(source="get_genre_display"),
        serializers.ReadOnlyField(source="author"),
        serializers.CharField(source="*"),
        serializers.CharField(source="nothing", default="a"),
    ],
    ids=lambda field: f"{type(field).__name__} {field._kwargs.get('source')}",
)
def test_what_is_no_column_needs_an_instance(field: Any) -> None:
    cls = declared(Book, "id", extra=field)
    assert not reads(cls, pb.Book, Book)
    assert reads(declared(Book, "id", "title"), pb.Book, Book)


def test_nested_rows_and_keys_of_many_need_an_instance() -> None:
    assert not reads(BookSerializer, pb.Book, Book)
    many: Any = serializers.PrimaryKeyRelatedField(source="tags", many=True, read_only=True)
    assert not reads(declared(Book, keys=many), pb.Book, Book)


def test_a_field_class_of_ones_own_needs_an_instance() -> None:
    class Loud(serializers.CharField):
        def to_representation(self, value: str) -> str:
            return value.upper()

    assert not reads(declared(Book, title=Loud()), pb.Book, Book)


def test_a_serializer_without_a_plan_or_a_model_reads_no_columns() -> None:
    class Overridden(AuthorSerializer):
        def to_representation(self, instance: Author) -> dict[str, Any]:
            return {}

    class Plain(ProtoSerializer):
        name = serializers.CharField()

    assert reads(AuthorSerializer, pb.Author, Author)
    assert not reads(Overridden, pb.Author, Author)
    assert not reads(Plain, pb.Author, Author)
    assert not reads(AuthorSerializer, pb.Author, Book)


@isolate_apps("library")
def test_only_what_django_puts_onto_the_model_is_a_column() -> None:
    class Upper(models.query_utils.DeferredAttribute):
        pass

    class Shouted(models.CharField):
        descriptor_class = Upper

    def look(self: Any, name: str) -> Any:
        return models.Model.__getattribute__(self, name)

    document = model(
        "Document",
        name=models.CharField(max_length=10),
        file=models.FileField(),
        loud=Shouted(max_length=10),
    )
    renamed = model("Renamed", document)
    looked = model("Looked", document, __getattribute__=look)
    named = model("Named", document, name=property(lambda self: "Emma"))
    target = messages(Document="int64 id, string name, string file, string loud").Document
    plain = declared(document, "id", "name")
    assert [reads(plain, target, cls) for cls in (document, renamed)] == [True, True]
    assert [reads(plain, target, cls) for cls in (looked, named)] == [False, False]
    assert reads(declared(named, "id"), target, named)
    assert not reads(declared(document, "file"), target, document)
    assert not reads(declared(document, "loud"), target, document)


@isolate_apps("library")
def test_the_columns_of_a_parent_come_first() -> None:
    work = model("Work", title=models.CharField(max_length=10))
    novel = model("Novel", work, proxy=False, pages=models.IntegerField())
    target = messages(Novel="int64 id, string title, int32 pages").Novel
    cls = declared(novel, "id", "title", "pages")
    assert reads(cls, target, novel)
    assert not reads(cls, target, work)
    row = row_of(novel(id=3, title="Emma", pages=9, work_ptr_id=3))
    sent = encoder(cls, target).encode_columns(cls, row, instance=unused)
    assert sent == target(id=3, title="Emma", pages=9)
