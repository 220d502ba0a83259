"""A field that may be another each time is made each time, as DRF does."""

from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.core.validators import MaxLengthValidator
from django.db import models
from django.test.utils import isolate_apps
from django_socio_grpc.proto_serializers import ModelProtoSerializer, ProtoSerializer
from library.models import Author
from rest_framework import serializers

NUMBERS = iter(range(1000))


def serializer_of(model: Any, name: str) -> Any:
    meta = type("Meta", (), {"model": model, "fields": [name]})
    return type("Of", (ModelProtoSerializer,), {"Meta": meta})


class Counted(serializers.IntegerField):
    """Its class knows more than its arguments."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_value=next(NUMBERS), **kwargs)


class Validated(serializers.CharField):
    def get_validators(self) -> Any:
        return [MaxLengthValidator(next(NUMBERS))]


class Copied(serializers.IntegerField):
    def __deepcopy__(self, memo: Any) -> Any:
        return serializers.IntegerField(max_value=next(NUMBERS))


class Placed(serializers.CharField):
    def bind(self, field_name: str, parent: Any) -> None:
        super().bind(field_name, parent)
        self.help_text = parent.context.get("help", "")


def test_a_field_whose_own_code_makes_it() -> None:
    class Own(ProtoSerializer):
        count = Counted()
        counts = serializers.ListField(child=Counted())
        place = Placed()
        text = Validated()
        number = Copied()
        plain = serializers.CharField()

    one, other = Own(context={"help": "one"}), Own(context={"help": "other"})
    for name in ("count", "number"):
        assert one.fields[name].max_value < other.fields[name].max_value
    assert one.fields["counts"].child.max_value < other.fields["counts"].child.max_value
    first, second = (own.fields["text"].validators[0].limit_value for own in (one, other))
    assert first < second
    assert (one.fields["place"].help_text, other.fields["place"].help_text) == ("one", "other")
    assert other.fields["place"].parent is other
    assert list(other.fields) == ["count", "counts", "place", "text", "number", "plain"]


def test_a_field_of_ones_own_for_a_column() -> None:
    class Own(ModelProtoSerializer):
        serializer_field_mapping: ClassVar[Any] = {models.CharField: Placed}

        class Meta:
            model = Author
            fields = ("name",)

    assert [Own(context={"help": x}).fields["name"].help_text for x in "ab"] == ["a", "b"]


def test_files_of_a_folder(tmp_path: Path) -> None:
    class Pick(ProtoSerializer):
        file = serializers.FilePathField(path=str(tmp_path))

    for name in ("a", "b"):
        (tmp_path / name).touch()
        assert str(tmp_path / name) in Pick().fields["file"].choices


@isolate_apps("library")
def test_choices_and_relations_that_a_callable_limits() -> None:
    class Pick(models.Model):  # noqa: DJ008
        kind = models.CharField(max_length=9, choices=lambda: [(str(next(NUMBERS)), "x")])

        class Meta:
            app_label = "library"

    limit: dict[str, int] = {}

    class Signed(models.Model):  # noqa: DJ008
        author = models.ForeignKey(
            Author, on_delete=models.CASCADE, limit_choices_to=lambda: limit
        )

        class Meta:
            app_label = "library"

    pick, signed = serializer_of(Pick, "kind"), serializer_of(Signed, "author")
    assert pick().fields["kind"].choices != pick().fields["kind"].choices
    assert "WHERE" not in str(signed().fields["author"].get_queryset().query)
    limit["pk"] = 7
    assert " = 7" in str(signed().fields["author"].get_queryset().query)


# A manager that asks who calls

tenant: ContextVar[str] = ContextVar("tenant")


class OfTenant(models.Manager):
    def get_queryset(self) -> Any:
        return super().get_queryset().filter(tenant=tenant.get())


@pytest.fixture
def models_by_field() -> Iterator[dict[str, Any]]:
    with isolate_apps("library"):

        class Room(models.Model):  # noqa: DJ008
            tenant = models.CharField(max_length=9)
            number = models.IntegerField(unique=True)
            floor = models.IntegerField()
            objects = OfTenant()

            class Meta:
                app_label = "library"
                constraints: ClassVar[Any] = [
                    models.UniqueConstraint(
                        fields=["floor"], condition=models.Q(floor__gt=1), name="one_high"
                    )
                ]

        class Key(models.Model):  # noqa: DJ008
            room = models.ForeignKey(Room, on_delete=models.CASCADE)
            low = models.ForeignKey(
                Room, on_delete=models.CASCADE, limit_choices_to={"floor": 1}, related_name="+"
            )
            rooms = models.ManyToManyField(Room, limit_choices_to={"floor": 1}, related_name="+")

            class Meta:
                app_label = "library"

        yield {"number": Room, "floor": Room, "room": Key, "low": Key, "rooms": Key}


def asked(field: Any) -> str:
    """The text of the query that ``field`` finds its rows by, or its validator others."""
    relation = getattr(field, "child_relation", field)
    if hasattr(relation, "get_queryset"):
        return str(relation.get_queryset().query)
    unique = next(each for each in field.validators if hasattr(each, "queryset"))
    return str(unique.queryset.all().query)


@pytest.mark.parametrize("name", ["room", "low", "rooms", "number", "floor"])
def test_each_call_asks_the_manager(models_by_field: dict[str, Any], name: str) -> None:
    cls = serializer_of(models_by_field[name], name)

    def query(of: str) -> str:
        token = tenant.set(of)
        try:
            return asked(cls().fields[name])
        finally:
            tenant.reset(token)

    assert "tenant-a" in query("tenant-a")
    assert "tenant-b" in query("tenant-b")
