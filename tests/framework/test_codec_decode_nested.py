"""Messages to data: nested, repeated and recursive messages."""

from typing import Any

from decoded import PLAIN, data_of, serializer
from django_socio_grpc.proto_serializers import (
    BaseProtoSerializer,
    ModelProtoSerializer,
    ProtoSerializer,
)
from library.models import Author
from messages import messages
from rest_framework import serializers


def test_nested_messages_are_decoded_by_their_serializers() -> None:
    inner = serializer(
        name=serializers.CharField(allow_null=True), level=serializers.IntegerField(default=3)
    )
    cls = serializer(
        one=inner(), many=inner(many=True), listed=serializers.ListField(child=inner())
    )
    target = messages(
        M="Inner one, repeated Inner many, repeated Inner listed",
        Inner="optional string name, optional int32 level",
    ).M
    message = target(one={"level": 1}, many=[{"name": "a"}, {}], listed=[{"name": "b"}])
    assert data_of(cls, message) == {
        "one": {"name": None, "level": 1},
        "many": [{"name": "a"}, {"name": None}],
        "listed": [{"name": "b"}],
    }


def test_what_a_nested_message_leaves_out_stays_as_it_is_in_an_update() -> None:
    inner = serializer(
        name=serializers.CharField(allow_null=True),
        note=serializers.CharField(allow_null=True, required=False),
        level=serializers.IntegerField(allow_null=True, default=3),
    )
    cls = serializer(one=inner(), many=inner(many=True))
    target = messages(
        M="Inner one, repeated Inner many",
        Inner="optional string name, optional string note, optional int32 level",
    ).M
    message = target(one={}, many=[{"note": "a"}])
    assert data_of(cls, message, updating=True) == {
        "one": {"name": None},
        "many": [{"name": None, "note": "a"}],
    }
    assert data_of(cls, message)["one"] == {"name": None, "note": None}


def test_a_serializer_that_holds_itself() -> None:
    class Node(ProtoSerializer):
        name = serializers.CharField()

        def get_fields(self) -> dict[str, serializers.Field]:
            return {**super().get_fields(), "children": Node(many=True)}

    target = messages(Node="string name, repeated Node children").Node
    message = target(name="root", children=[{"name": "a", "children": [{"name": "b"}]}])
    leaf = {"name": "b", "children": []}
    assert data_of(Node, message) == {
        "name": "root",
        "children": [{"name": "a", "children": [leaf]}],
    }
    checked = Node(message=message)
    assert checked.is_valid(), checked.errors


def test_a_message_without_a_serializer_is_a_dict_of_what_is_set() -> None:
    cls = serializer(inner=serializers.DictField())
    target = messages(
        M="Inner inner", Inner="optional string a, int32 b, repeated string c, Inner d"
    ).M
    message = target(inner={"b": 2, "d": {"a": "x"}})
    assert data_of(cls, message) == {"inner": {"b": 2, "c": [], "d": {"a": "x", "b": 0, "c": []}}}


def test_a_serializer_without_fields_gets_the_whole_message() -> None:
    class Free(BaseProtoSerializer):
        def to_internal_value(self, data: Any) -> Any:
            return data

    assert data_of(Free, PLAIN(text="a")) == {"text": "a", "number": 0, "flag": False, "tags": []}


def test_fields_that_depend_on_the_context_are_decoded() -> None:
    class Chosen(ModelProtoSerializer):
        class Meta:
            model = Author
            fields = ["name", "born"]

        def get_fields(self) -> dict[str, serializers.Field]:
            fields = super().get_fields()
            return {name: fields[name] for name in self.context["only"]}

    target = messages(M="string name, optional string born").M
    message = target(name="Jane", born="1775-12-16")
    one = Chosen(message=message, context={"only": ["name"]})
    other = Chosen(message=message, context={"only": ["born"]})
    assert one.initial_data == {"name": "Jane"}
    assert other.initial_data == {"born": "1775-12-16"}
