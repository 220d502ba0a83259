"""Rows to messages: serializers without a plan, which DRF itself represents."""

from types import SimpleNamespace
from typing import Any

import pytest
from django_socio_grpc.codec import encoder
from django_socio_grpc.proto_serializers import ModelProtoSerializer, ProtoSerializer
from encoded import AuthorSerializer, BookSerializer, encode, is_planned, pb
from library.models import Author, Book
from rest_framework import serializers


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
