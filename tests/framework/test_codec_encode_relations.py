"""Rows to messages: nested rows, lists of them and keys, and the queries that they take."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from django_socio_grpc.codec import encoder
from django_socio_grpc.proto_serializers import ModelProtoSerializer, ProtoSerializer
from encoded import AuthorSerializer, BookSerializer, encode, pb
from google.protobuf.json_format import MessageToDict
from library.models import Author, Book, Tag
from messages import messages
from rest_framework import fields, serializers


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


def test_nested_rows_and_lists_are_part_of_the_plan(books: list[Book]) -> None:
    serializer = BookSerializer(books[1])
    codec = encoder(BookSerializer, pb.Book)
    with no_drf_fields():
        message = codec.encode(serializer, books[1])
    assert MessageToDict(message) == encode(BookSerializer, pb.Book, books[1])
    assert message.author.name == "Jane"
    assert [tag.label for tag in message.tags] == ["a", "b", "c"]


def test_a_nested_null_is_absent() -> None:
    class Maybe(ProtoSerializer):
        author = AuthorSerializer(allow_null=True)

    assert encode(Maybe, pb.Book, SimpleNamespace(author=None)) == {}


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
