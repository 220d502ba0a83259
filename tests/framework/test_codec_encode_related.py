"""The relations that a serializer reads, which a query can fetch together with its rows."""

from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps
from django_socio_grpc.codec import encoder
from django_socio_grpc.codec.related import Relations
from django_socio_grpc.proto_serializers import ModelProtoSerializer, ProtoSerializer
from encoded import AuthorSerializer, BookSerializer, TagSerializer, pb
from library.models import Author, Book, Tag
from messages import messages
from rest_framework import serializers

NONE = Relations((), ())


def declared(source: Any, *bases: type, **declarations: Any) -> Any:
    """A serializer of rows of ``source`` that shows only what is declared here."""
    meta = type("Meta", (), {"model": source, "fields": list(declarations)})
    return type("Declared", (*bases, ModelProtoSerializer), {"Meta": meta, **declarations})


def relations(cls: Any, model: Any = Book) -> Relations:
    """Those that ``cls`` reads to send a message that has all its fields."""
    fields = ", ".join(
        f"{'repeated ' * hasattr(field, 'many')}string {name}"
        for name, field in cls().fields.items()
    )
    return encoder(cls, messages(M=fields or "string none").M).relations(model)


def test_one_nested_row_is_joined_and_many_are_prefetched() -> None:
    assert encoder(BookSerializer, pb.Book).relations(Book) == (("author",), ("tags",))


def test_what_is_not_sent_is_not_fetched() -> None:
    class Hidden(BookSerializer):
        author = AuthorSerializer(write_only=True)

    assert encoder(BookSerializer, messages(M="string title").M).relations(Book) == NONE
    assert encoder(Hidden, pb.Book).relations(Book) == ((), ("tags",))


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (serializers.CharField(source="author.name"), (("author",), ())),
        (serializers.StringRelatedField(source="author"), (("author",), ())),
        (
            serializers.SlugRelatedField(slug_field="name", source="author", read_only=True),
            (("author",), ()),
        ),
        (
            serializers.SlugRelatedField(
                slug_field="label", source="tags", many=True, read_only=True
            ),
            ((), ("tags",)),
        ),
        (
            serializers.PrimaryKeyRelatedField(source="tags", many=True, read_only=True),
            ((), ("tags",)),
        ),
        # The row itself has the key.
        (serializers.PrimaryKeyRelatedField(source="author", read_only=True), NONE),
        (serializers.IntegerField(source="author_id"), NONE),
        (serializers.IntegerField(source="author.id"), (("author",), ())),
        # Nothing of this reads rows, or nobody knows which.
        (serializers.CharField(source="title"), NONE),
        (serializers.CharField(source="nothing.there", default=""), NONE),
        (serializers.ReadOnlyField(source="tags"), NONE),
        (serializers.SerializerMethodField(method_name="__str__"), NONE),
        (AuthorSerializer(source="*"), NONE),
    ],
    ids=str,
)
def test_a_source_tells_what_is_read(field: Any, expected: Any) -> None:
    assert relations(declared(Book, value=field)) == expected


def test_what_lies_behind_many_rows_is_prefetched_as_well() -> None:
    class Written(ModelProtoSerializer):
        books = BookSerializer(many=True)

        class Meta:
            model = Author
            fields = ["books"]

    target = messages(
        Author="repeated Book books",
        Book="Author author, repeated Tag tags",
        Tag="string label",
    ).Author
    prefetched = ("books", "books__author", "books__tags")
    assert encoder(Written, target).relations(Author) == ((), prefetched)


def test_a_source_may_lead_through_a_serializer_of_the_same_row() -> None:
    inner = declared(Book, name=serializers.CharField(source="author.name"))
    target = messages(M="Inner inner", Inner="string name").M
    assert encoder(declared(Book, inner=inner(source="*")), target).relations(Book) == (
        ("author",),
        (),
    )


def test_a_representation_of_ones_own_is_not_looked_into() -> None:
    class Loud(BookSerializer):
        def to_representation(self, instance: Any) -> Any:
            return {"title": instance.title.upper()}

    class Filtered(serializers.ListSerializer):
        def to_representation(self, data: Any) -> Any:
            return super().to_representation(data.filter(title="Emma"))

    class Listed(BookSerializer):
        class Meta(BookSerializer.Meta):
            list_serializer_class = Filtered

    assert encoder(Loud, pb.Book).relations(Book) == NONE
    target = messages(M="repeated Book books", Book="Author author", Author="string name").M
    for nested, prefetched in ((BookSerializer, ("books", "books__author")), (Loud, ("books",))):
        outer = declared(Author, books=nested(many=True))
        assert encoder(outer, target).relations(Author) == ((), prefetched)
    # The rows that it filters are not those that would have been fetched.
    outer = declared(Author, books=Listed(many=True))
    assert encoder(outer, target).relations(Author) == NONE


def test_rows_of_another_model_are_asked_for_what_they_have() -> None:
    cls = declared(Book, name=serializers.CharField(source="author.name"))
    assert relations(cls, Book) == (("author",), ())
    assert relations(cls, Tag) == NONE


def test_a_serializer_without_a_model_reads_what_the_rows_have() -> None:
    class Plain(ProtoSerializer):
        tags = TagSerializer(many=True)

    assert encoder(Plain, pb.Book).relations(Book) == ((), ("tags",))


@isolate_apps("library")
def test_a_relation_has_a_name_in_queries_and_one_in_python() -> None:
    person = model("Person", name=models.CharField(max_length=10))
    model(
        "Passport",
        holder=models.OneToOneField(
            person, models.CASCADE, related_name="passport", related_query_name="document"
        ),
        number=models.CharField(max_length=10),
    )
    model("Visit", guest=models.ForeignKey(person, models.CASCADE))
    number = serializers.CharField(source="passport.number")
    visits: Any = serializers.PrimaryKeyRelatedField(source="visit_set", many=True, read_only=True)
    assert relations(declared(person, number=number, visits=visits), person) == (
        ("document",),
        ("visit_set",),
    )


@isolate_apps("library")
def test_what_a_join_would_find_otherwise_is_left_alone() -> None:
    class Living(models.Manager[Any]):
        def get_queryset(self) -> Any:
            return super().get_queryset().filter(died=None)

    name = serializers.CharField(source="owner.name")
    owner = model("Owner", name=models.CharField(max_length=10))
    ghost = model("Ghost", base="objects", objects=Living(), name=models.CharField(max_length=10))
    house = model("House", owner=models.ForeignKey(owner, models.CASCADE))
    haunted = model("Haunted", owner=models.ForeignKey(ghost, models.CASCADE))
    special = model("Special", house, owner=property(lambda self: None))
    assert relations(declared(house, name=name), house) == (("owner",), ())
    assert relations(declared(haunted, name=name), haunted) == NONE
    assert relations(declared(special, name=name), special) == NONE


def model(title: str, /, *bases: type, base: str | None = None, **attributes: Any) -> Any:
    """A model; one that inherits another is a proxy."""
    options = {"app_label": "library", "proxy": bool(bases), "base_manager_name": base}
    meta = type("Meta", (), options)
    return type(
        title, bases or (models.Model,), {"__module__": __name__, "Meta": meta, **attributes}
    )


def test_a_hundred_rows_with_all_they_refer_to_take_two_queries(
    db: None, django_assert_num_queries: Any
) -> None:
    tag = Tag.objects.create(label="a")
    for number in range(100):
        author = Author.objects.create(name=f"Author {number}")
        Book.objects.create(title="x", author=author).tags.add(tag)
    codec, shelf = encoder(BookSerializer, pb.Book), pb.Shelf()
    select, prefetch = codec.relations(Book)
    rows = Book.objects.select_related(*select).prefetch_related(*prefetch)
    with django_assert_num_queries(2):
        codec.extend(BookSerializer(), rows, shelf.books)
    assert {len(book.tags) for book in shelf.books} == {1}
    assert len({book.author.name for book in shelf.books}) == 100
