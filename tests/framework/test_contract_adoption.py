"""A contract that another generator wrote is taken over without a change on the wire."""

from operator import attrgetter
from typing import Any

import pytest
from django_socio_grpc import generics
from django_socio_grpc.contract import protoc
from django_socio_grpc.contract.introspect import app_spec
from django_socio_grpc.contract.numbers import assign
from django_socio_grpc.contract.render import render
from library.models import Book
from rest_framework import serializers

by_name = attrgetter("name")

EXISTING = """\
syntax = "proto3";

package project.library;

import "google/protobuf/empty.proto";
import "google/protobuf/struct.proto";

service BookController {
    rpc Retrieve(BookRetrieveRequest) returns (BookResponse) {}
    rpc Destroy(BookDestroyRequest) returns (google.protobuf.Empty) {}
}

message BookDestroyRequest {
    int64 id = 1;
}

message BookRetrieveRequest {
    int64 id = 1;
}

message BookResponse {
    optional int64 id = 5;
    string title = 1;
    float rating = 2;
    double price = 3;
    google.protobuf.Struct extra = 4;
    optional string published = 7;
    double total = 8;
}
"""


class BookSerializer(serializers.ModelSerializer[Book]):
    total = serializers.SerializerMethodField()

    class Meta:
        model = Book
        fields = ("id", "title", "rating", "price", "extra", "published", "total", "pages")

    def get_total(self, book: Book) -> float:
        return float(book.price)


class BookService(generics.RetrieveService, generics.DestroyService):
    queryset = Book.objects.all()
    serializer_class: Any = BookSerializer


@pytest.fixture(scope="module")
def adopted() -> str:
    spec = app_spec("library", [BookService], package="project.library")
    return render(assign(spec, protoc.parse(EXISTING)))


def test_every_field_keeps_number_type_and_presence(adopted: str) -> None:
    before, after = protoc.parse(EXISTING), protoc.parse(adopted)
    messages = {message.name: message for message in after.message_type}
    for message in before.message_type:
        fields = {field.name: field for field in messages[message.name].field}
        for field in message.field:
            now = fields[field.name]
            assert (now.number, now.type, now.type_name) == (
                field.number,
                field.type,
                field.type_name,
            )
            assert now.proto3_optional or not field.proto3_optional


def test_new_field_has_the_better_default_above_the_old_numbers(adopted: str) -> None:
    assert "    int32 pages = 9;\n" in adopted


def test_field_that_may_be_null_gets_presence(adopted: str) -> None:
    assert "    optional float rating = 2;\n" in adopted


def test_services_and_package_are_the_same(adopted: str) -> None:
    after, before = protoc.parse(adopted), protoc.parse(EXISTING)
    assert after.package == before.package
    methods = [sorted(file.service[0].method, key=by_name) for file in (after, before)]
    assert [str(method) for method in methods[0]] == [str(method) for method in methods[1]]
