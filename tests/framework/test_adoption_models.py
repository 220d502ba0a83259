"""The contract of a model service, in the style of other generators: taken over as it is."""

import datetime
import uuid
from collections.abc import Iterator

import pytest
from adopted import Adopted
from declared import Stub
from django.test import override_settings
from django_filters.rest_framework import DjangoFilterBackend  # type: ignore[import-untyped]
from django_socio_grpc import generics, mixins
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.testing import Mode, serve
from library.models import Author, Book, Tag
from rest_framework import serializers
from rest_framework.pagination import PageNumberPagination

EXISTING = """\
syntax = "proto3";

package backend.library;

import "google/protobuf/empty.proto";
import "google/protobuf/struct.proto";

service BookController {
    rpc Create(BookRequest) returns (BookResponse) {}
    rpc Destroy(BookDestroyRequest) returns (google.protobuf.Empty) {}
    rpc List(BookListRequest) returns (BookListResponse) {}
    rpc PartialUpdate(BookPartialUpdateRequest) returns (BookResponse) {}
    rpc Retrieve(BookRetrieveRequest) returns (BookResponse) {}
    rpc Stream(BookStreamRequest) returns (stream BookResponse) {}
    rpc Update(BookRequest) returns (BookResponse) {}
}

// A person who writes.
message AuthorResponse {
    optional int64 id = 1;
    // As it is printed on the cover.
    string name = 2;
    optional string born = 3;
}

message BookDestroyRequest {
    int64 id = 1;
}

message BookListRequest {
    optional google.protobuf.Struct _filters = 1;
    optional google.protobuf.Struct _pagination = 2;
}

message BookListResponse {
    repeated BookResponse results = 1;
    int32 count = 2;
}

message BookPartialUpdateRequest {
    optional int64 id = 1;
    string title = 2;
    int64 author = 3;
    repeated int64 tags = 4;
    optional string isbn = 5;
    optional string genre = 6;
    optional int32 pages = 7;
    optional double price = 8;
    optional float rating = 9;
    optional bool available = 10;
    optional string published = 11;
    optional string opens_at = 12;
    optional string loan_time = 13;
    optional google.protobuf.Struct extra = 14;
    optional bytes cover = 15;
    optional string note = 16;
    repeated string _partial_update_fields = 17;
}

message BookRequest {
    reserved 4, 8 to 11;
    reserved "shelf";
    optional int64 id = 1;
    string title = 2;
    int64 author = 30;
    repeated int64 tags = 31;
    optional string isbn = 5;
    optional string genre = 6;
    optional int32 pages = 7;
    optional double price = 1000;
    optional float rating = 20000;
    optional bool available = 3;
    optional string published = 12;
    optional string opens_at = 13;
    optional string loan_time = 14;
    optional google.protobuf.Struct extra = 15;
    optional bytes cover = 16;
    optional string note = 17;
}

message BookResponse {
    optional int64 id = 17;
    string title = 16;
    int64 author = 15;
    repeated int64 tags = 14;
    optional string isbn = 13;
    optional string genre = 12;
    optional int32 pages = 11;
    optional double price = 10;
    optional float rating = 9;
    optional bool available = 8;
    optional string published = 7;
    optional string opens_at = 6;
    optional string loan_time = 5;
    string created = 4;
    optional google.protobuf.Struct extra = 3;
    optional bytes cover = 2;
    optional string note = 1;
    AuthorResponse written_by = 18;
    double total = 19;
    repeated string labels = 20;
}

message BookRetrieveRequest {
    int64 id = 1;
}

message BookStreamRequest {
    optional google.protobuf.Struct _filters = 1;
    optional google.protobuf.Struct _pagination = 2;
}
"""


class AuthorProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Author
        fields = ("id", "name", "born")


class BookProtoSerializer(ModelProtoSerializer):
    written_by = AuthorProtoSerializer(source="author", read_only=True)
    total = serializers.SerializerMethodField()
    labels = serializers.SerializerMethodField()

    class Meta:
        model = Book
        fields = (
            "id",
            "title",
            "author",
            "tags",
            "isbn",
            "genre",
            "pages",
            "price",
            "rating",
            "available",
            "published",
            "opens_at",
            "loan_time",
            "created",
            "extra",
            "cover",
            "note",
            "written_by",
            "total",
            "labels",
        )

    def get_total(self, book: Book) -> float:
        return float(book.price) * book.pages

    def get_labels(self, book: Book) -> list[str]:
        return [tag.label for tag in book.tags.all()]


class Pages(PageNumberPagination):
    page_size = 2


class BookService(generics.AsyncModelService, mixins.AsyncStreamModelMixin):
    queryset = Book.objects.order_by("id")
    serializer_class = BookProtoSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_fields = ("pages",)
    pagination_class = Pages


STRUCTS = {
    "FILTER_BEHAVIOR": "METADATA_AND_REQUEST_STRUCT",
    "PAGINATION_BEHAVIOR": "METADATA_AND_REQUEST_STRUCT",
}


@pytest.fixture
def adopted() -> Iterator[Adopted]:
    with override_settings(GRPC_FRAMEWORK=STRUCTS):
        yield Adopted(EXISTING, BookService)


@pytest.fixture
def stub(adopted: Adopted, mode: Mode) -> Iterator[Stub]:
    with serve(mode, adopted.hook) as server, server.channel() as channel:
        yield adopted.old_stub(channel, "BookController")


def test_nothing_changes_on_the_wire(adopted: Adopted) -> None:
    assert adopted.changes() == []
    assert adopted.lost_presence() == []


def test_what_was_reserved_stays_so(adopted: Adopted) -> None:
    request = next(m for m in adopted.after.message_type if m.name == "BookRequest")
    assert [(r.start, r.end) for r in request.reserved_range] == [(4, 5), (8, 12)]
    assert list(request.reserved_name) == ["shelf"]


def test_it_is_the_same_ever_after(adopted: Adopted) -> None:
    assert Adopted(adopted.text, BookService).text == adopted.text


@pytest.mark.django_db(transaction=True)
def test_an_old_client_writes_and_reads(stub: Stub) -> None:
    author = Author.objects.create(name="Jane", born=datetime.date(1775, 12, 16))
    tag = Tag.objects.create(label="old")
    isbn = str(uuid.uuid4())
    values = {
        "title": "Emma",
        "author": author.pk,
        "tags": [tag.pk],
        "isbn": isbn,
        "genre": "novel",
        "pages": 3,
        "price": 12.5,
        "rating": 4.5,
        "available": True,
        "published": "1815-12-23",
        "opens_at": "09:30:00",
        "loan_time": "14 00:00:00",
        "cover": b"\x00\x01",
    }
    created = stub.Create(**values)
    for name, value in values.items():
        assert getattr(created, name) == value
    book = Book.objects.get()
    assert (created.id, created.total, list(created.labels)) == (book.pk, 37.5, ["old"])
    assert (created.written_by.name, created.written_by.born) == ("Jane", "1775-12-16")
    assert created.created.endswith("Z")
    assert not created.HasField("note")
    assert stub.Retrieve(id=book.pk) == created


@pytest.mark.django_db(transaction=True)
def test_an_old_client_updates_parts_and_destroys(stub: Stub) -> None:
    author = Author.objects.create(name="Jane")
    book = Book.objects.create(title="Emma", author=author, note="lent", price=1)
    updated = stub.PartialUpdate(
        id=book.pk, title="Persuasion", price=2.5, _partial_update_fields=["price", "note"]
    )
    assert (updated.title, updated.price, updated.HasField("note")) == ("Emma", 2.5, False)
    stub.Destroy(id=book.pk)
    assert not Book.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_old_client_filters_and_pages(stub: Stub) -> None:
    author = Author.objects.create(name="Jane")
    for pages in (1, 2, 1, 1):
        Book.objects.create(title="Emma", author=author, pages=pages)
    reply = stub.List(_filters={"pages": 1}, _pagination={"page": 2})
    assert (len(reply.results), reply.count) == (1, 3)
    assert [book.pages for book in stub.Stream(_filters={"pages": 2})] == [2]
