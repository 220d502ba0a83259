"""A serializer of every kind of field, and what DRF itself makes of its fields."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from unittest.mock import patch

from django.core.validators import MinLengthValidator, RegexValidator
from django.db.models import QuerySet
from django.utils.functional import Promise
from django_socio_grpc import proto_serializers
from library.models import Author, Book, Tag
from rest_framework import serializers
from rest_framework.utils.formatting import lazy_format
from rest_framework.validators import UniqueValidator


class PointSerializer(proto_serializers.ProtoSerializer):
    x = serializers.IntegerField(min_value=0)
    y = serializers.IntegerField(default=0)


class EverythingSerializer(proto_serializers.ModelProtoSerializer):
    text = serializers.CharField(
        max_length=9, validators=[MinLengthValidator(2)], error_messages={"blank": "Say more."}
    )
    email = serializers.EmailField(required=False)
    pattern = serializers.RegexField("^a", required=False)
    number = serializers.IntegerField(min_value=1, max_value=9, default=3)
    exact = serializers.DecimalField(max_digits=5, decimal_places=2, required=False)
    at = serializers.DateTimeField(default=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    choice = serializers.ChoiceField(choices=[("a", "A"), ("Group", [("b", "B")])], default="a")
    several = serializers.MultipleChoiceField(choices=["a", "b"], required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=3), default=[])
    matrix = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()), required=False
    )
    options = serializers.DictField(child=serializers.IntegerField(), default={"a": 1})
    document = serializers.JSONField(default={"deep": [1]})
    author = serializers.PrimaryKeyRelatedField(queryset=Author.objects.all(), required=False)
    labels = serializers.SlugRelatedField(
        slug_field="label", many=True, queryset=Tag.objects.all(), required=False
    )
    keys = serializers.PrimaryKeyRelatedField(
        many=True,
        queryset=Tag.objects.all(),
        pk_field=serializers.IntegerField(),
        required=False,
        source="tags",
    )
    name = serializers.CharField(
        source="author.name", validators=[UniqueValidator(Author.objects.all())], required=False
    )
    point = PointSerializer(required=False)
    points = PointSerializer(many=True, required=False, allow_empty=False)
    hidden = serializers.HiddenField(default=serializers.CurrentUserDefault())
    computed = serializers.SerializerMethodField()

    class Meta:
        model = Book
        fields = "__all__"
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "title": {"validators": [RegexValidator("^[A-Z]")], "style": {"rows": 3}},
            "extra": {"default": {"deep": [1]}},
        }

    def get_computed(self, row: Any) -> int:
        return 1


def made_by_drf(cls: Any, serializer: Any = None) -> Any:
    """The fields of ``serializer``, or of a new one of ``cls``, as DRF makes them."""
    fields: Any = serializers.Serializer.fields
    return fields.func(cls() if serializer is None else serializer)


OF_ONE_OBJECT = {"parent", "fields", "_creation_counter", "_args", "_kwargs"}


def state_of(value: Any) -> Any:
    """All that a field is, without what belongs to one object alone; to be compared."""
    if isinstance(value, dict):
        return {key: state_of(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [state_of(item) for item in value]
    if isinstance(value, QuerySet):
        return str(value.query)
    if isinstance(value, Promise | lazy_format):
        return str(value)
    kinds = (serializers.Field, serializers.CreateOnlyDefault, serializers.CurrentUserDefault)
    if isinstance(value, kinds) or type(value).__module__.endswith(".validators"):
        own = {name: item for name, item in vars(value).items() if name not in OF_ONE_OBJECT}
        return type(value), state_of(own)
    return value


@contextmanager
def no_field_is_made() -> Iterator[None]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("a field is made")

    with (
        patch.object(serializers.Field, "__init__", refuse),
        patch.object(serializers.Field, "__deepcopy__", refuse),
        patch.object(serializers.Serializer, "get_fields", refuse),
        patch.object(serializers.ModelSerializer, "get_fields", refuse),
    ):
        yield
