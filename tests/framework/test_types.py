"""The table of wire types: every field has the proto type that its class and bounds imply."""

from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps
from django_socio_grpc.proto_serializers import BinaryField, ModelProtoSerializer
from django_socio_grpc.schema.proto_types import map_parts
from django_socio_grpc.schema.types import WIRE_TYPES, column_type, model_field_type, wire_type
from django_socio_grpc.schema.values import PROTO_VALUES
from library.models import Author, Book, Tag
from rest_framework import serializers

FIELDS: dict[str, list[serializers.Field]] = {
    "string": [
        serializers.CharField(),
        serializers.EmailField(),
        serializers.RegexField(r"\d"),
        serializers.SlugField(),
        serializers.URLField(),
        serializers.UUIDField(),
        serializers.IPAddressField(),
        serializers.DecimalField(max_digits=5, decimal_places=2),
        serializers.DateTimeField(),
        serializers.DateField(),
        serializers.TimeField(),
        serializers.DurationField(),
        serializers.FileField(),
        serializers.ImageField(),
        serializers.ChoiceField(choices=["a", "b"]),
        serializers.ChoiceField(choices=[("a", "A"), (1, "one")]),
        serializers.ChoiceField(choices=[]),
        serializers.ListField(child=serializers.CharField()),
        serializers.MultipleChoiceField(choices=["a"]),
        serializers.StringRelatedField(),
        serializers.HyperlinkedIdentityField(view_name="book"),
        serializers.SlugRelatedField(slug_field="label", queryset=Tag.objects),
        serializers.SlugRelatedField(slug_field="author__name", queryset=Book.objects),
        serializers.PrimaryKeyRelatedField(
            queryset=Book.objects, pk_field=serializers.UUIDField()
        ),
    ],
    "int32": [
        serializers.IntegerField(),
        serializers.IntegerField(min_value=-(2**31), max_value=2**31 - 1),
        serializers.ChoiceField(choices=[0, 1]),
        serializers.ListField(child=serializers.IntegerField()),
        serializers.MultipleChoiceField(choices=[1, 2]),
    ],
    "int64": [
        serializers.BigIntegerField(),
        serializers.IntegerField(max_value=2**31),
        serializers.IntegerField(min_value=-(2**31) - 1),
        serializers.ChoiceField(choices=[0, 2**40]),
        serializers.PrimaryKeyRelatedField(queryset=Author.objects),
        serializers.PrimaryKeyRelatedField(queryset=Author.objects, many=True),
        serializers.SlugRelatedField(slug_field="author", queryset=Book.objects),
    ],
    "double": [serializers.FloatField(), serializers.ChoiceField(choices=[0.5, 1.5])],
    "bool": [serializers.BooleanField(), serializers.ChoiceField(choices=[True, False])],
    "bytes": [BinaryField(), serializers.JSONField(binary=True)],
    "google.protobuf.Struct": [
        serializers.DictField(),
        serializers.HStoreField(),
        serializers.ListField(child=serializers.DictField()),
    ],
    "google.protobuf.Value": [serializers.JSONField(), serializers.ListField()],
    "google.protobuf.ListValue": [
        serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))
    ],
}
CASES = [(field, proto) for proto, known in FIELDS.items() for field in known]


@pytest.mark.parametrize(("field", "proto"), CASES, ids=[repr(field) for field, _ in CASES])
def test_a_field_has_the_type_of_its_class(field: serializers.Field, proto: str) -> None:
    assert wire_type(field).proto == proto


@pytest.mark.parametrize(("field", "proto"), CASES, ids=[repr(field) for field, _ in CASES])
def test_every_accepted_type_can_be_carried(field: serializers.Field, proto: str) -> None:
    accepts = wire_type(field).accepts
    assert proto not in accepts
    for name in accepts:
        assert (map_parts(name) or ("", name))[1] in PROTO_VALUES


class BookSerializer(ModelProtoSerializer):
    class Meta:
        model = Book
        fields = "__all__"


@pytest.mark.parametrize(
    ("name", "proto"),
    [
        ("id", "int64"),
        ("title", "string"),
        ("author", "int64"),
        ("tags", "int64"),
        ("isbn", "string"),
        ("genre", "string"),
        ("pages", "int32"),
        ("price", "string"),
        ("rating", "double"),
        ("available", "bool"),
        ("published", "string"),
        ("loan_time", "string"),
        ("extra", "google.protobuf.Value"),
        ("cover", "bytes"),
    ],
)
def test_a_field_of_a_model_has_the_type_of_its_column(name: str, proto: str) -> None:
    assert wire_type(BookSerializer().fields[name]).proto == proto
    column = Book._meta.get_field(name)
    assert isinstance(column, models.Field)
    assert model_field_type(column) == proto


@isolate_apps("library")
def test_integers_go_by_the_class_and_not_by_the_bounds_of_the_database() -> None:
    class Sizes(models.Model):  # noqa: DJ008
        small = models.SmallIntegerField()
        plain = models.IntegerField()
        positive = models.PositiveIntegerField()
        big = models.BigIntegerField()
        positive_big = models.PositiveBigIntegerField()
        choice = models.BigIntegerField(choices=[(1, "one")])

        class Meta:
            app_label = "library"

    class SizesSerializer(serializers.ModelSerializer):
        class Meta:
            model = Sizes
            exclude = ["id"]

    fields = SizesSerializer().fields
    assert {name: wire_type(field).proto for name, field in fields.items()} == {
        "small": "int32",
        "plain": "int32",  # SQLite's bounds are those of 64 bits
        "positive": "int32",
        "big": "int64",
        "positive_big": "int64",
        "choice": "int64",
    }
    assert "uint32" in wire_type(fields["positive"]).accepts
    assert "uint32" not in wire_type(fields["plain"]).accepts
    assert "int32" not in wire_type(fields["big"]).accepts


@isolate_apps("library")
@pytest.mark.parametrize(
    ("column", "proto"),
    [
        (models.AutoField(primary_key=True), "int32"),
        (models.SmallAutoField(primary_key=True), "int32"),
        (models.BigAutoField(primary_key=True), "int64"),
        (models.UUIDField(primary_key=True), "string"),
        (models.PositiveSmallIntegerField(primary_key=True), "int32"),
        (models.GenericIPAddressField(primary_key=True), "string"),
        (models.SlugField(primary_key=True), "string"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_key_has_the_type_of_its_column(column: Any, proto: str) -> None:
    meta = type("Meta", (), {"app_label": "library"})
    keyed = type("Keyed", (models.Model,), {"key": column, "Meta": meta, "__module__": __name__})
    assert column_type(keyed._meta.get_field("key")).proto == proto  # type: ignore[attr-defined]


@isolate_apps("library")
def test_a_foreign_key_has_the_type_of_the_column_that_it_points_to() -> None:
    class Keyed(models.Model):  # noqa: DJ008
        key = models.UUIDField(primary_key=True)
        code = models.SmallIntegerField(unique=True)

        class Meta:
            app_label = "library"

    class Pointer(models.Model):  # noqa: DJ008
        one = models.OneToOneField(Keyed, on_delete=models.CASCADE, primary_key=True)
        code = models.ForeignKey(
            Keyed, on_delete=models.CASCADE, to_field="code", related_name="+"
        )

        class Meta:
            app_label = "library"

    class PointerSerializer(serializers.ModelSerializer):
        class Meta:
            model = Pointer
            fields = ["one", "code"]

    fields = PointerSerializer().fields
    assert wire_type(fields["one"]).proto == "string"
    assert wire_type(fields["code"]).proto == "int32"
    assert column_type(Pointer._meta.get_field("one")).proto == "string"  # type: ignore[arg-type]


def test_a_read_only_relation_has_the_type_of_its_target() -> None:
    class AuthorSerializer(serializers.ModelSerializer):
        books: Any = serializers.PrimaryKeyRelatedField(many=True, read_only=True)

        class Meta:
            model = Author
            fields = ["books"]

    assert wire_type(AuthorSerializer().fields["books"]).proto == "int64"


def test_the_attribute_proto_type_wins() -> None:
    class Moment(serializers.DateTimeField):
        proto_type = "google.protobuf.Timestamp"

    wire = wire_type(Moment())
    assert wire.proto == "google.protobuf.Timestamp"
    assert "string" in wire.accepts


def test_the_type_of_an_existing_contract_wins() -> None:
    wire = wire_type(serializers.DecimalField(max_digits=5, decimal_places=2), "double")
    assert wire.proto == "double"


def test_an_unknown_field_travels_as_text() -> None:
    class Custom(serializers.Field):
        def to_representation(self, value: object) -> object:
            return value

    wire = wire_type(Custom())
    assert wire.proto == "string"


def test_a_subclass_has_no_short_way_past_its_own_representation() -> None:
    class Loud(serializers.CharField):
        def to_representation(self, value: str) -> str:
            return value.upper()

    assert wire_type(Loud()).proto == "string"
    assert wire_type(Loud()).native is None
    assert wire_type(serializers.CharField()).native is not None


def test_every_row_of_the_table_is_a_type_that_can_be_carried() -> None:
    rows = [row for row in WIRE_TYPES.values() if not callable(row)]
    assert rows
    assert {row.proto for row in rows} <= PROTO_VALUES.keys()
