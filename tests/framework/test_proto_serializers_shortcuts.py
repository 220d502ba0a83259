"""What serializers do without DRF's code for it is what that code does."""

import copy
from typing import Any, ClassVar

import pytest
from authors import AuthorSerializer, pb
from django.db import connection, models
from django.test.utils import CaptureQueriesContext, isolate_apps
from django_socio_grpc.proto_serializers import ModelProtoSerializer, ProtoSerializer
from library.models import Author, Book, Tag
from reference import state_of
from rest_framework import serializers
from rest_framework.validators import UniqueTogetherValidator

CALL = {"request": "any"}

# What a serializer begins with


@pytest.mark.parametrize(
    "given", [{}, {"partial": True}, {"data": {"name": "Jane"}}, {"required": False}], ids=repr
)
@pytest.mark.parametrize("instance", [None, Author(pk=1, name="Anne")], ids=repr)
def test_a_serializer_of_a_call_is_as_drf_makes_it(instance: Any, given: dict[str, Any]) -> None:
    context = {"request": "this"}
    made = AuthorSerializer(instance, context=context, **given)
    by_drf = AuthorSerializer.__new__(AuthorSerializer, instance, context=context, **given)
    serializers.BaseSerializer.__init__(by_drf, instance, context=context, **given)
    state, expected = dict(vars(made)), dict(vars(by_drf))
    assert state.pop("_creation_counter") != expected.pop("_creation_counter")
    assert state == expected
    assert made.context is context
    assert state_of(copy.deepcopy(made)) == state_of(made)


def test_no_two_share_what_can_be_changed() -> None:
    one, other = (AuthorSerializer(context=CALL) for _ in range(2))
    one.error_messages["invalid"] = "No."
    one.style["rows"] = 1
    assert other.error_messages["invalid"] != "No."
    assert other.style == {}


def test_fields_are_in_the_order_of_their_declaration() -> None:
    class Pair(ProtoSerializer):
        second = AuthorSerializer()
        first = AuthorSerializer(context={})
        third = AuthorSerializer(required=False)

    assert list(Pair().fields) == ["second", "first", "third"]


def test_a_constructor_between_is_run() -> None:
    class Counting(serializers.ModelSerializer[Any]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self.counted = True
            super().__init__(*args, **kwargs)

    class Between(ModelProtoSerializer, Counting):
        class Meta(AuthorSerializer.Meta):
            pass

    assert Between(context=CALL).counted


# Constraints over several columns


@pytest.fixture
def seats(transactional_db: None) -> Any:
    with isolate_apps("library"):

        class Seat(models.Model):  # noqa: DJ008
            row = models.IntegerField()
            number = models.IntegerField()

            class Meta:
                app_label = "library"
                constraints: ClassVar[Any] = [
                    models.UniqueConstraint(fields=["row", "number"], name="one_seat")
                ]

        with connection.schema_editor() as editor:
            editor.create_model(Seat)
        yield Seat
        with connection.schema_editor() as editor:
            editor.delete_model(Seat)


def serializer_of(model: Any, *names: str, **attributes: Any) -> Any:
    options = {"model": model, "fields": names, **attributes.pop("options", {})}
    return type("Of", (ModelProtoSerializer,), {"Meta": type("Meta", (), options), **attributes})


def test_a_constraint_over_columns_is_checked(seats: Any) -> None:
    cls = serializer_of(seats, "row", "number")
    seat = {"row": 1, "number": 2}
    for _ in range(2):
        checked = cls(data=seat, context=CALL)
        assert checked.is_valid()
    checked.save()
    for _ in range(2):
        assert not cls(data=seat, context=CALL).is_valid()
        assert cls(data={**seat, "row": 2}, context=CALL).is_valid()
    assert cls(seats.objects.get(), data=seat, context=CALL).is_valid()


def test_fields_that_a_call_takes_away_are_not_checked(seats: Any) -> None:
    seats.objects.create(row=1, number=2)
    checked = serializer_of(seats, "row", "number")(data={"row": 1}, context=CALL)
    del checked.fields["number"]
    assert checked.is_valid()


@isolate_apps("library")
def test_constraints_of_a_parent_and_of_a_date() -> None:
    class Parent(models.Model):  # noqa: DJ008
        a = models.IntegerField()
        b = models.IntegerField()

        class Meta:
            app_label = "library"
            unique_together: ClassVar[Any] = [("a", "b")]

    class Child(Parent):  # noqa: DJ008
        c = models.IntegerField()

        class Meta:
            app_label = "library"

    class Daily(models.Model):  # noqa: DJ008
        day = models.DateField()
        slug = models.SlugField(unique_for_date="day")

        class Meta:
            app_label = "library"

    def kinds(cls: Any) -> list[str]:
        return [type(validator).__name__ for validator in cls(context=CALL).validators]

    for _ in range(2):
        assert kinds(serializer_of(Child, "a", "b", "c")) == ["UniqueTogetherValidator"]
        assert kinds(serializer_of(Daily, "day", "slug")) == ["UniqueForDateValidator"]
        assert kinds(serializer_of(Author, "name")) == []


def refuse(values: Any) -> None:
    raise serializers.ValidationError("Never.")


def test_validators_that_a_class_declares() -> None:
    declared = serializer_of(Author, "name", options={"validators": [refuse]})
    own = serializer_of(Author, "name", get_validators=lambda self: [refuse])
    part = serializer_of(Author, "name", get_unique_together_validators=lambda self: [refuse])
    for cls in (declared, own, part):
        for _ in range(2):
            checked = cls(data={"name": "Jane"}, context=CALL)
            assert not checked.is_valid()
            assert checked.errors == {"non_field_errors": ["Never."]}


def test_validators_are_given_to_one_serializer() -> None:
    one, other = (serializer_of(Author, "name")(context=CALL) for _ in range(2))
    one.validators.append(UniqueTogetherValidator(Author.objects.all(), ("name",)))
    assert other.validators == []


# Saving


def test_a_column_is_saved_and_no_more(db: None) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        checked = AuthorSerializer(message=pb.Author(name="Jane"), context=CALL)
        checked.is_valid(raise_exception=True)
        author = checked.save()
    assert [query["sql"].split()[0] for query in queries] == ["INSERT"]
    update = AuthorSerializer(author, message=pb.Author(name="Anne"), context=CALL)
    update.is_valid(raise_exception=True)
    assert update.save(name="Ann") is author
    author.refresh_from_db()
    assert author.name == "Ann"


def test_relations_to_many_are_saved(db: None) -> None:
    cls = serializer_of(Book, "title", "author", "tags")
    author, tags = Author.objects.create(name="Jane"), [Tag.objects.create(label=x) for x in "ab"]
    data = {"title": "Emma", "author": author.pk, "tags": [tags[0].pk]}
    checked = cls(data=data, context=CALL)
    checked.is_valid(raise_exception=True)
    book = checked.save()
    assert (book.author, list(book.tags.all())) == (author, tags[:1])
    update = cls(book, data={**data, "tags": [tags[1].pk]}, context=CALL)
    update.is_valid(raise_exception=True)
    update.save()
    assert list(book.tags.all()) == tags[1:]


def test_a_nested_object_needs_code_of_ones_own(db: None) -> None:
    cls = serializer_of(Book, "title", "author", author=serializer_of(Author, "name")())
    checked = cls(data={"title": "Emma", "author": {"name": "Jane"}}, context=CALL)
    checked.is_valid(raise_exception=True)
    with pytest.raises(AssertionError, match="does not support writable nested fields"):
        checked.save()


def test_what_is_no_column_is_an_error_that_says_so(db: None) -> None:
    cls = serializer_of(Author, "name", "extra", extra=serializers.CharField())
    checked = cls(data={"name": "Jane", "extra": "x"}, context=CALL)
    checked.is_valid(raise_exception=True)
    with pytest.raises(TypeError, match=r"when calling `Author.objects.create\(\)`"):
        checked.save()
