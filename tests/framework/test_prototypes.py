"""The fields of a serializer class are made once; each serializer has copies of its own."""

import copy
import gc
import weakref
from typing import Any

import pytest
from authors import AuthorSerializer, pb
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from library.models import Author, Tag
from messages import messages
from reference import (
    EverythingSerializer,
    PointSerializer,
    made_by_drf,
    no_field_is_made,
    state_of,
)
from rest_framework import serializers

CALL = {"request": "any"}
NAMES = list(EverythingSerializer().fields)


# Once


def test_a_second_serializer_makes_no_field(db: None) -> None:
    AuthorSerializer(message=pb.Author(name="Jane"), context=CALL).is_valid(raise_exception=True)
    with no_field_is_made():
        checked = AuthorSerializer(message=pb.Author(name="Anne"), context=CALL)
        checked.is_valid(raise_exception=True)
        anne = checked.save()
        update = AuthorSerializer(anne, message=pb.Author(name="Ann"), context=CALL, partial=False)
        update.is_valid(raise_exception=True)
        update.save()
        assert not AuthorSerializer(message=pb.Author(), context=CALL).is_valid()
    assert Author.objects.get().name == "Ann"


def test_nor_does_one_with_nested_serializers_and_lists(db: None) -> None:
    Tag.objects.create(label="new")
    data = {
        "title": "Emma",
        "text": "abc",
        "point": {"x": 1},
        "points": [{"x": 1}, {"x": 2}],
        "tags": ["a", "b"],
        "matrix": [[1, 2], []],
        "labels": ["new"],
    }

    def check() -> Any:
        checked = EverythingSerializer(data=data, context={"request": AnyUser})
        assert checked.is_valid(), checked.errors
        return checked.validated_data

    first = check()
    with no_field_is_made():
        assert check() == first


class AnyUser:
    user = "jane"


# What the copies are


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_is_what_drf_makes(name: str) -> None:
    assert state_of(EverythingSerializer().fields[name]) == state_of(
        made_by_drf(EverythingSerializer)[name]
    )


def test_the_order_is_that_of_drf() -> None:
    assert list(made_by_drf(EverythingSerializer)) == NAMES
    fields = "    x = IntegerField(min_value=0)\n    y = IntegerField(default=0)"
    assert repr(PointSerializer()) == f"PointSerializer():\n{fields}"


def test_each_copy_knows_its_serializer_alone() -> None:
    one, other = (EverythingSerializer(context={"user": user}) for user in ("jane", "anne"))
    for serializer in (one, other):
        held = [*serializer.fields.values(), *serializer.fields["points"].child.fields.values()]
        held += [
            serializer.fields["matrix"].child.child,
            serializer.fields["labels"].child_relation,
        ]
        assert {id(field.root) for field in held} == {id(serializer)}
        assert serializer.fields["point"].fields["x"].context == serializer.context
    assert one.fields["keys"].child_relation.pk_field.parent is None


def test_a_copy_can_be_copied_and_shown() -> None:
    field = EverythingSerializer().fields["matrix"]
    assert state_of(copy.deepcopy(field).child) == state_of(field.child)
    assert repr(field) == "ListField(child=ListField(child=FloatField()), required=False)"


# What one call does, no other sees


def _replace_validators(fields: Any) -> None:
    fields["text"].validators[1].limit_value = 1


def _narrow_the_unique(fields: Any) -> None:
    unique = fields["name"].validators[0]
    unique.queryset = unique.queryset.filter(pk=0)


CHANGES = {
    "required": lambda fields: setattr(fields["text"], "required", False),
    "read_only": lambda fields: setattr(fields["text"], "read_only", True),
    "removed": lambda fields: fields.pop("text"),
    "added": lambda fields: fields.__setitem__("new", serializers.CharField()),
    "validators": lambda fields: fields["text"].validators.clear(),
    "a limit": _replace_validators,
    "a validator's queryset": _narrow_the_unique,
    "messages": lambda fields: fields["text"].error_messages.update(required="Where is it?"),
    "style": lambda fields: fields["text"].style.update(rows=1),
    "choices": lambda fields: setattr(fields["choice"], "choices", ["z"]),
    "choices in place": lambda fields: fields["choice"].choices.clear(),
    "groups in place": lambda fields: fields["choice"].grouped_choices["Group"].clear(),
    "a default": lambda fields: fields["tags"].default.append("x"),
    "a deep default": lambda fields: fields["document"].default["deep"].append(2),
    "a generated default": lambda fields: fields["extra"].default["deep"].append(2),
    "the child": lambda fields: setattr(fields["tags"].child, "max_length", 1),
    "a grandchild": lambda fields: fields["matrix"].child.child.error_messages.clear(),
    "a queryset": lambda fields: setattr(fields["author"], "queryset", Author.objects.none()),
    "a nested field": lambda fields: fields["point"].fields.pop("x"),
    "a nested child's": lambda fields: fields["points"].child.fields.pop("x"),
    "a list's limit": lambda fields: setattr(fields["points"], "allow_empty", True),
    "a relation's child": lambda fields: fields["labels"].child_relation.validators.append(len),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_one_serializers_fields_is_its_own(change: str) -> None:
    def state() -> Any:
        serializer = EverythingSerializer()
        nested = (serializer.fields["point"], serializer.fields["points"].child)
        return state_of(dict(serializer.fields)), [state_of(dict(each.fields)) for each in nested]

    before = state()
    changed = EverythingSerializer()
    CHANGES[change](changed.fields)
    assert state() == before


def test_nor_is_a_default_shared_that_validation_gives() -> None:
    given: Any = ["a"]

    class Shelf(PointSerializer):
        tags = serializers.JSONField(default=given)

    def tags() -> Any:
        checked = Shelf(data={"x": 1}, context=CALL)
        checked.is_valid(raise_exception=True)
        return checked.validated_data["tags"]

    tags().append("b")
    assert tags() == ["a"]


def test_nor_the_default_that_a_partial_update_gives() -> None:
    class Shelf(PointSerializer):
        document = serializers.JSONField(default={"a": []})

    target = messages(
        M="optional google.protobuf.Value document, repeated string _partial_update_fields"
    ).M

    def document() -> Any:
        message = target(_partial_update_fields=["document"])
        return Shelf(object(), message=message, partial=True).initial_data["document"]

    document()["a"].append(1)
    assert document() == {"a": []}


# The database


def test_rows_that_one_call_has_read_are_not_those_of_the_next(db: None) -> None:
    for _ in range(2):
        jane = Author.objects.create(name="Jane")
        relation = EverythingSerializer().fields["author"]
        assert jane in list(relation.queryset)
        assert jane in list(relation.get_queryset())
        assert relation.run_validation(jane.pk) == jane


def test_uniqueness_is_asked_each_time(db: None) -> None:
    class TagSerializer(ModelProtoSerializer):
        class Meta:
            model = Tag
            fields = ("label",)

    for _ in range(2):
        assert TagSerializer(data={"label": "new"}, context=CALL).is_valid()
    Tag.objects.create(label="new")
    assert not TagSerializer(data={"label": "new"}, context=CALL).is_valid()
    Tag.objects.all().delete()
    assert TagSerializer(data={"label": "new"}, context=CALL).is_valid()


def test_what_is_made_for_a_class_goes_with_it() -> None:
    """A handler may make a class in each call."""

    def used() -> Any:
        class Passing(PointSerializer):
            z = serializers.IntegerField(default=1)

        target = messages(M="int32 x").M
        assert Passing(message=target(x=1), context=CALL).is_valid()
        return weakref.ref(Passing)

    passing = used()
    gc.collect()
    assert passing() is None
