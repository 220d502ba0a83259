"""Related rows come with the rows: as many queries for a thousand of them as for one."""

from typing import Any

import pytest
from declared import Contract, stub_of
from django.db import models
from django.db.models import Prefetch
from django.test import override_settings
from django_socio_grpc import generics, mixins
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.testing import Mode, serve
from example_models import Example
from library.models import Author, Book, Tag
from rest_framework import serializers
from rest_framework.filters import SearchFilter
from rest_framework.pagination import PageNumberPagination

pytestmark = pytest.mark.django_db(transaction=True)


class AuthorProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Author
        fields = ["id", "name"]


class TagProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Tag
        fields = ["label"]


class BookProtoSerializer(ModelProtoSerializer):
    author = AuthorProtoSerializer(read_only=True)
    writer = serializers.CharField(source="author.name", read_only=True)
    keys = serializers.PrimaryKeyRelatedField(source="tags", many=True, queryset=Tag.objects.all())
    labels = TagProtoSerializer(source="tags", many=True, read_only=True)

    class Meta:
        model = Book
        fields = ["id", "title", "author", "writer", "keys", "labels"]


class SyncBooks(generics.ModelService, mixins.StreamModelMixin):
    service_name = "Book"
    queryset: Any = Book.objects.order_by("id")
    serializer_class: Any = BookProtoSerializer


class AsyncBooks(generics.AsyncModelService, mixins.AsyncStreamModelMixin):
    service_name = "Book"
    queryset: Any = Book.objects.order_by("id")
    serializer_class: Any = BookProtoSerializer


class Pages(PageNumberPagination):
    page_size = 100


class Search(SearchFilter):
    search_fields = ["title"]


books = pytest.mark.parametrize("base", [SyncBooks, AsyncBooks])


def add_book() -> Book:
    number = Book.objects.count()
    author = Author.objects.create(name=f"Author {number}")
    book = Book.objects.create(title=f"Book {number}", author=author)
    book.tags.add(*(Tag.objects.create(label=f"{number}-{each}") for each in range(2)))
    return book


def serving(base: type[Any], **attributes: Any) -> type[Any]:
    return type("Books", (base,), attributes)


@books
@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"pagination_class": Pages},
        {"filter_backends": [SearchFilter], "search_fields": ["title"]},
    ],
)
def test_one_more_row_is_no_more_queries(
    mode: Mode, base: type[Any], attributes: dict[str, Any]
) -> None:
    contract = Contract(serving(base, **attributes))
    with serve(mode, contract.hook) as server, server.channel() as channel:
        stub = contract.stub(channel)
        server.assert_no_n_plus_one(stub.List, add_book)
        server.assert_no_n_plus_one(lambda: list(stub.Stream()), add_book)
        with server.queries() as queries:
            found = stub.Retrieve(id=Book.objects.latest("id").pk)
    assert found.writer == found.author.name
    assert len(found.labels) == len(found.keys) == 2
    assert len(queries) == 2


@books
def test_it_may_be_switched_off(mode: Mode, base: type[Any]) -> None:
    add_book()
    expected = None
    for on, count in ((True, 2), (False, 4)):
        contract = Contract(serving(base, auto_related=on))
        with serve(mode, contract.hook) as server, server.channel() as channel:
            stub = contract.stub(channel)
            with server.queries() as queries:
                found = str(stub.List())
        assert len(queries) == count
        assert expected in {None, found}
        expected = found


@pytest.mark.parametrize(
    ("queryset", "labels"),
    [
        (Book.objects.select_related("author"), 2),
        (Book.objects.prefetch_related("tags"), 2),
        (Book.objects.prefetch_related(Prefetch("tags", Tag.objects.filter(label="0-0"))), 1),
        (Book.objects.only("id", "title"), 2),
        (Book.objects.defer("author"), 2),
        (Book.objects.annotate(count=models.Count("tags")), 2),
        (Book.objects.distinct(), 2),
        (Book.objects.filter(id__gt=0).union(Book.objects.filter(id__lt=0)), 2),
        (Book.objects.none(), None),
    ],
)
def test_what_the_queryset_says_stays(mode: Mode, queryset: Any, labels: int | None) -> None:
    add_book()
    with stub_of(mode, serving(AsyncBooks, queryset=queryset)) as stub:
        results = stub.List().results
    assert [len(book.labels) for book in results] == ([] if labels is None else [labels])


@books
@pytest.mark.parametrize("pages", [None, Pages])
def test_rows_that_were_read_before_are_not_read_again(
    mode: Mode, base: type[Any], pages: Any
) -> None:
    """Who has read them may have changed what is shown of them."""
    add_book()

    class Masked(base):  # type: ignore[misc]
        pagination_class = pages

        def get_queryset(self) -> Any:
            queryset = super().get_queryset()
            for book in queryset:
                book.title = "masked"
            return queryset

    with stub_of(mode, Masked) as stub:
        (book,) = stub.List().results
    assert (book.title, book.writer) == ("masked", "Author 0")


def test_a_queryset_that_locks_is_not_joined(mode: Mode) -> None:
    book = add_book()
    service = serving(AsyncBooks, queryset=Book.objects.select_for_update(), atomic=True)
    with stub_of(mode, service) as stub:
        assert stub.Retrieve(id=book.pk).writer == "Author 0"


class Router:
    """Related rows may be in another database."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "default"


def test_a_router_may_keep_related_rows_elsewhere(mode: Mode) -> None:
    add_book()
    contract = Contract(serving(AsyncBooks))
    with (
        override_settings(DATABASE_ROUTERS=[Router()]),
        serve(mode, contract.hook) as server,
        server.channel() as channel,
    ):
        stub = contract.stub(channel)
        with server.queries() as queries:
            assert stub.List().results[0].writer == "Author 0"
    assert not any("JOIN" in query.sql and "author" in query.sql for query in queries)


@books
def test_an_update_answers_with_what_it_has_written(mode: Mode, base: type[Any]) -> None:
    book = add_book()
    tag = Tag.objects.create(label="new")
    with stub_of(mode, base) as stub:
        updated = stub.Update(id=book.pk, title="new", keys=[tag.pk])
    assert [label.label for label in updated.labels] == ["new"]


class Note(Example):
    """The author may be gone."""

    author = models.ForeignKey(Author, models.DO_NOTHING, db_constraint=False)
    text = models.CharField(max_length=9)


class NoteProtoSerializer(ModelProtoSerializer):
    writer = serializers.CharField(source="author.name", read_only=True)

    class Meta:
        model = Note
        fields = ["id", "text", "writer"]


class NoteService(generics.AsyncListService):
    queryset = Note.objects.order_by("id")
    serializer_class = NoteProtoSerializer


def test_a_row_that_refers_to_none_is_not_lost(mode: Mode) -> None:
    author = Author.objects.create(name="Ada")
    Note.objects.bulk_create([Note(author=author, text="one"), Note(author_id=0, text="two")])
    with stub_of(mode, NoteService) as stub:
        assert [(note.text, note.writer) for note in stub.List().results] == [
            ("one", "Ada"),
            ("two", ""),
        ]
