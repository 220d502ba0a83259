"""Computed values and nested serializers -> fields of messages."""

from datetime import date
from typing import Any, ClassVar

import pytest
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.protobuf import ProtoComment
from django_socio_grpc.schema.messages import Messages
from django_socio_grpc.schema.model import STRUCT, MessageSpec, Side
from editions import TagSerializer, edition, fields_of, lines
from rest_framework import serializers


def messages_of(serializer: Any, side: Side = Side.RESPONSE) -> dict[str, MessageSpec]:
    messages = Messages()
    messages.add_serializer("BookService.Get", serializer, side)
    return messages.specs


# Computed values


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("age", "int32"),
        ("subtitle", "optional string"),
        ("words", "repeated string"),
        ("weight", "double"),
        ("total", "string"),
    ],
)
def test_property_has_the_type_that_it_is_annotated_with(name: str, line: str) -> None:
    assert lines(fields_of(edition(name))) == {name: line}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("untyped", "does not say which type it returns"),
        ("nothing", "does not say which type it returns"),
        ("unresolvable", "NoSuchName"),
        ("odd", "complex"),
    ],
)
def test_property_without_a_usable_annotation_is_refused(name: str, text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        fields_of(edition(name))
    assert f"Edition.{name}" in str(caught.value)
    assert text in str(caught.value)


def test_read_only_field_of_nothing_known_is_refused_with_the_way_out() -> None:
    with pytest.raises(ConfigurationError, match=r"EditionSerializer\.loans .*'loan_count'"):
        fields_of(edition(loans=serializers.ReadOnlyField(source="loan_count")))


def test_existing_contract_may_keep_the_type_of_a_computed_value() -> None:
    found = fields_of(edition("total", "weight"))
    assert {"double", "float"} <= found["total"].accepts
    assert "float" in found["weight"].accepts


class Summary(serializers.Serializer[Any]):
    first: ClassVar[Any] = serializers.SerializerMethodField()
    due = serializers.SerializerMethodField(method_name="due_date")
    tag = serializers.SerializerMethodField()
    tags = serializers.SerializerMethodField()
    any_json = serializers.SerializerMethodField()

    def get_first(self, obj: Any) -> str:
        """Its docstring is for developers."""
        return ""

    def due_date(self, obj: Any) -> date | None:
        return None

    def get_tag(self, obj: Any) -> TagSerializer:
        return TagSerializer(obj)

    def get_tags(self, obj: Any) -> list[TagSerializer]:
        return []

    def get_any_json(self, obj: Any) -> dict[str, Any]:
        return {}


def test_method_fields_by_their_return_annotations() -> None:
    assert lines(fields_of(Summary())) == {
        "first": "string",
        "due": "optional string",
        "tag": "TagSerializer",
        "tags": "repeated TagSerializer",
        "any_json": STRUCT,
    }


def test_method_field_without_an_annotation_is_refused() -> None:
    class Bare(serializers.Serializer[Any]):
        first = serializers.SerializerMethodField()

        def get_first(self, obj):  # type: ignore[no-untyped-def]
            return ""

    with pytest.raises(ConfigurationError, match=r"Bare\.get_first does not say .*-> str"):
        fields_of(Bare())


# Nesting


class Shelf(serializers.Serializer[Any]):
    tag = TagSerializer()
    hidden = TagSerializer(read_only=True)


def test_nested_serializers_are_messages_of_the_same_side() -> None:
    found = messages_of(Shelf(), Side.REQUEST)
    assert list(found) == ["TagRequest", "ShelfRequest"]
    assert [(f.name, f.type) for f in found["ShelfRequest"].fields] == [("tag", "TagRequest")]


def test_nested_serializers_of_a_shared_message() -> None:
    assert list(messages_of(Shelf(), Side.BOTH)) == ["Tag", "Shelf"]


class NodeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        return {
            **super().get_fields(),
            "parent": NodeSerializer(allow_null=True),
            "children": NodeSerializer(many=True),
        }


def test_serializer_that_holds_itself() -> None:
    (found,) = messages_of(NodeSerializer()).values()
    assert [(f.cardinality, f.type) for f in found.fields] == [
        ("", "string"),
        ("optional", "NodeResponse"),
        ("repeated", "NodeResponse"),
    ]


def test_serializer_that_holds_itself_under_a_name_of_its_own() -> None:
    messages = Messages()
    messages.add_serializer("NodeService.Get", NodeSerializer(), Side.RESPONSE, name="Tree")
    assert [f.type for f in messages.specs["Tree"].fields] == ["string", "Tree", "Tree"]


def test_serializer_that_declares_its_fields_itself() -> None:
    class Temperature(serializers.BaseSerializer[Any]):
        def to_proto_message(self) -> list[dict[str, Any]]:
            return [{"name": "celsius", "type": "double"}]

    assert lines(fields_of(Temperature())) == {"celsius": "double"}


def test_serializer_without_fields_is_refused() -> None:
    class Bare(serializers.BaseSerializer[Any]):
        pass

    with pytest.raises(ConfigurationError, match=r"Bare has no fields.*to_proto_message"):
        fields_of(Bare())


def test_field_whose_name_proto_does_not_take_is_refused() -> None:
    cls = type("Bare", (serializers.Serializer,), {"größe": serializers.CharField()})
    with pytest.raises(ConfigurationError, match=r"Bare\.größe cannot be a field"):
        fields_of(cls())


# Annotations that are strings


def test_annotations_that_are_strings_are_resolved() -> None:
    class Quoted(serializers.Serializer[Any]):
        several = serializers.SerializerMethodField()
        maybe = serializers.SerializerMethodField()
        tag = serializers.SerializerMethodField()

        def get_several(self, obj: "Unimported") -> "list[int] | None":  # type: ignore[name-defined]  # noqa: F821
            return []

        def get_maybe(self, obj: Any) -> "int | None":
            return None

        def get_tag(self, obj: Any) -> "TagSerializer | None":
            return None

    assert lines(fields_of(Quoted())) == {
        "several": "repeated int32",
        "maybe": "optional int32",
        "tag": "optional TagSerializer",
    }


def test_a_comment_of_a_serializer_may_have_several_lines() -> None:
    class Commented(TagSerializer):
        class Meta(TagSerializer.Meta):
            proto_comment = ProtoComment(["A word.", "It describes a book."])

    (message,) = messages_of(Commented()).values()
    assert message.comment == "A word.\nIt describes a book."
