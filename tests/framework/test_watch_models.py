"""Watched models: keys, relations, proxies, changes in bulk, and services that cannot be."""

import pytest
from django.db import transaction
from django_socio_grpc.contract.introspect import app_spec
from django_socio_grpc.contract.numbers import assign
from django_socio_grpc.contract.render import render
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.generics import GenericService
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from django_socio_grpc.watch import AsyncWatchModelMixin, WatchModelMixin, announce
from library.models import Author, Book, Tag
from watching import TagProtoSerializer, TagService, kind, serving, watch

pytestmark = pytest.mark.django_db(transaction=True)


class PlaceProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Author
        fields = ["name"]


class AuthorService(AsyncWatchModelMixin, GenericService):
    queryset = Author.objects.all()
    serializer_class = PlaceProtoSerializer
    lookup_field = "name"


def test_an_object_is_known_by_the_field_that_it_is_looked_up_by(mode: Mode) -> None:
    """And one whose key changes is another object to a client."""
    author = Author.objects.create(name="Ada")
    with serving(mode, AuthorService) as (_, stub):
        replies = stub.Watch(initial=True)
        first, synced = next(replies), next(replies)
        author.name = "Ada L."
        author.save()
        events = [first, synced, next(replies), next(replies)]
    assert [(kind(event), event.key) for event in events] == [
        ("CREATED", "Ada"),
        ("SYNCED", ""),
        ("DELETED", "Ada"),
        ("CREATED", "Ada L."),
    ]


class BookProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Book
        fields = ["id", "title", "tags", "isbn"]


class BookService(AsyncWatchModelMixin, GenericService):
    queryset = Book.objects.prefetch_related("tags")
    serializer_class = BookProtoSerializer
    lookup_field = "isbn"


def test_a_change_of_a_many_to_many_relation_from_either_side(mode: Mode) -> None:
    book = Book.objects.create(title="Notes", author=Author.objects.create(name="Ada"))
    tags = [Tag.objects.create(label=str(number)) for number in range(3)]
    with serving(mode, BookService) as (_, stub):
        replies = stub.Watch()
        assert kind(next(replies)) == "SYNCED"
        for change, expected in [
            (lambda: book.tags.add(tags[0]), tags[:1]),
            (lambda: book.tags.set(tags[1:]), tags[1:]),
            (lambda: tags[0].book_set.add(book), tags),
            (lambda: tags[1].book_set.clear(), tags[::2]),
            (lambda: tags[2].book_set.remove(book), tags[:1]),
            (lambda: book.tags.clear(), []),
        ]:
            change()
            event = next(replies)
            while list(event.object.tags) != [tag.pk for tag in expected]:
                event = next(replies)  # ``set`` is two steps
            assert (kind(event), event.key) == ("UPDATED", str(book.isbn))


def test_what_a_delete_takes_with_it_is_deleted_too(mode: Mode) -> None:
    author = Author.objects.create(name="Ada")
    book = Book.objects.create(title="Notes", author=author)
    with serving(mode, BookService) as (_, stub):
        replies = stub.Watch()
        assert kind(next(replies)) == "SYNCED"
        Author.objects.all().delete()
        event = next(replies)
    assert (kind(event), event.key) == ("DELETED", str(book.isbn))


class ShortTag(Tag):
    class Meta:
        proxy = True
        app_label = "library"


def test_a_change_by_a_proxy_model(mode: Mode) -> None:
    with serving(mode, TagService) as (_, stub):
        watching = watch(stub)
        tag = ShortTag.objects.create(label="short")
        assert watching.next() == ("CREATED", tag.pk, "short")


def test_changes_in_bulk_are_announced_by_who_makes_them(mode: Mode) -> None:
    """Django sends no signals for them."""
    with serving(mode, TagService) as (_, stub):
        watching = watch(stub)
        with transaction.atomic():
            tags = Tag.objects.bulk_create([Tag(label="a"), Tag(label="b")])
            announce(tags)
        assert watching.take(2) == [("CREATED", tag.pk, tag.label) for tag in tags]
        Tag.objects.filter(label="a").update(label="c")
        announce(Tag.objects.filter(label="c"))
        assert watching.next() == ("UPDATED", tags[0].pk, "c")


class NoObjects(WatchModelMixin, GenericService):
    serializer_class = TagProtoSerializer


class NoKey(WatchModelMixin, GenericService):
    queryset = Tag.objects.all()
    serializer_class = TagProtoSerializer
    lookup_field = "name"


@pytest.mark.parametrize(
    ("service", "message"),
    [(NoObjects, "NoObjects has no queryset"), (NoKey, "there is no field 'name' among")],
)
def test_a_service_that_cannot_be_watched(
    mode: Mode, service: type[Service], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message), serving(mode, service):
        raise AssertionError("it serves")


def test_the_contract() -> None:
    text = render(assign(app_spec("tests", [TagService]), None))
    for block in [
        "    rpc Watch(TagWatchRequest) returns (stream TagWatchResponse) {}",
        "message TagWatchRequest {\n"
        "    // Whether to send all objects first, each as CREATED, and then SYNCED.\n"
        "    bool initial = 1;\n"
        "}",
        "    WatchEvent.Enum event = 1;\n"
        "    // What Retrieve finds the object by.\n"
        "    optional int64 key = 2;\n"
        "    // As it is now; absent if it is gone.\n"
        "    optional TagResponse object = 3;\n",
        "        SYNCED = 4;\n",
    ]:
        assert block in text
