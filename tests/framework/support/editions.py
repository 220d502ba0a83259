"""A model with values computed in all the ways there are, and the fields of serializers."""

import functools
from decimal import Decimal
from typing import Any

from django.utils.functional import cached_property
from django_socio_grpc.schema.fields import serializer_fields
from django_socio_grpc.schema.model import FieldSpec, Side
from library.models import Book, Tag
from rest_framework import serializers


def fields_of(serializer: Any, side: Side = Side.RESPONSE) -> dict[str, FieldSpec]:
    def nest(inner: Any, name: str = "", side: Side | None = None) -> str:
        return name or type(inner).__name__

    return {field.name: field for field in serializer_fields(serializer, side, nest)}


def lines(found: dict[str, FieldSpec]) -> dict[str, str]:
    return {name: f"{f.cardinality} {f.type}".strip() for name, f in found.items()}


def one(field: Any, side: Side = Side.RESPONSE) -> str:
    """The label and type of the only field of a serializer without a model."""
    cls = type("OneSerializer", (serializers.Serializer,), {"a": field})
    return lines(fields_of(cls(), side))["a"]


class Edition(Book):
    """A book with values that are computed in all the ways there are."""

    class Meta:
        proxy = True
        app_label = "library"

    @property
    def age(self) -> int:
        return 1

    @property
    def subtitle(self) -> str | None:
        return None

    @cached_property
    def words(self) -> list[str]:
        return []

    @functools.cached_property
    def weight(self) -> float:
        return 1.0

    def total(self) -> Decimal:
        return Decimal(1)

    @property
    def untyped(self):  # type: ignore[no-untyped-def]
        return 1

    @property
    def nothing(self) -> None:
        return None

    @property
    def unresolvable(self) -> "NoSuchName":  # type: ignore[name-defined]  # noqa: F821
        return 1

    @property
    def odd(self) -> complex:
        return 1j


class TagSerializer(serializers.ModelSerializer):
    class Meta:
        model = Tag
        fields = ["id", "label"]


def edition(*names: str, **declared: Any) -> Any:
    """A serializer of Edition with these fields, those given by keyword as declared."""
    meta = type("Meta", (), {"model": Edition, "fields": [*names, *declared]})
    cls = type("EditionSerializer", (serializers.ModelSerializer,), {"Meta": meta, **declared})
    return cls()
