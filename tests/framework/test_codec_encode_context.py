"""Rows to messages: fields that look at the context of the call."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.base import File
from django.urls import path
from django.views import View
from django_socio_grpc.proto_serializers import ModelProtoSerializer, ProtoSerializer
from encoded import AuthorSerializer, encode, is_planned, pb
from library.models import Author
from messages import messages
from rest_framework import serializers
from rest_framework.test import APIRequestFactory

urlpatterns = [path("authors/<int:pk>/", View.as_view(), name="author")]


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
