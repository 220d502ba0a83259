"""``_filters`` as a message of their own: the fields of django-filter's filter sets."""

from typing import Any, ClassVar

import django_filters  # type: ignore[import-untyped]
import pytest
from contracts import contract
from declared import stub_of
from django.test import override_settings
from django_filters.rest_framework import (  # type: ignore[import-untyped]
    DjangoFilterBackend,
    FilterSet,
)
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.testing import Mode
from library.models import Author, Book
from queries import AS_MESSAGE, Books, fields
from rest_framework.filters import OrderingFilter, SearchFilter


def test_fields_of_a_filterset_have_the_types_of_their_columns() -> None:
    filterset = {
        "id": ["exact", "in"],
        "title": ["exact", "icontains"],
        "pages": ["gte", "range"],
        "price": ["lt"],
        "rating": ["gt"],
        "available": ["exact"],
        "published": ["exact"],
        "author": ["exact"],
        "author__name": ["exact"],
        "note": ["isnull"],
        "tags": ["exact"],
    }
    found = fields(
        "BookFilters",
        AS_MESSAGE[0],
        queryset=Book.objects.all(),
        filter_backends=[DjangoFilterBackend],
        filterset_fields=filterset,
    )
    assert found == [
        "optional int64 id",
        "repeated int64 id__in",
        "optional string title",
        "optional string title__icontains",
        "optional int32 pages__gte",
        "repeated int32 pages__range",
        "optional string price__lt",
        "optional double rating__gt",
        "optional bool available",
        "optional string published",
        "optional string author",
        "optional string author__name",
        "optional bool note__isnull",
        "repeated string tags",
    ]


class BookFilter(FilterSet):  # type: ignore[misc]
    price = django_filters.RangeFilter()
    created = django_filters.DateFromToRangeFilter()
    genre = django_filters.MultipleChoiceFilter(choices=[("novel", "Novel")])
    short = django_filters.BooleanFilter(method="only_short")
    above = django_filters.NumberFilter(method="only_short")

    class Meta:
        model = Book
        fields: list[str] = []


def test_filters_of_a_filterset() -> None:
    found = fields(
        "BookFilters",
        AS_MESSAGE[0],
        queryset=Book.objects.all(),
        filter_backends=[DjangoFilterBackend, OrderingFilter],
        filterset_class=BookFilter,
    )
    assert found == [
        "optional string price_min",
        "optional string price_max",
        "optional string created_after",
        "optional string created_before",
        "repeated string genre",
        "optional bool short",
        "optional string above",
        "optional string ordering",
    ]


def test_a_queryset_that_needs_a_call_is_told() -> None:
    class Mine(Books):
        queryset = None
        filter_backends = (DjangoFilterBackend,)
        filterset_fields = ("name",)

        def get_queryset(self) -> Any:
            return Author.objects.filter(name=self.context.user)

    with (
        override_settings(GRPC_FRAMEWORK={"FILTER_BEHAVIOR": AS_MESSAGE[0]}),
        pytest.raises(ConfigurationError) as caught,
    ):
        contract(Mine)
    text = str(caught.value)
    assert "Mine.List: FilterGenerationPlugin: the filters of Mine are those of its model" in text
    assert "Set the attribute 'queryset'" in text


def test_a_filter_that_is_no_field_is_told() -> None:
    class Named(SearchFilter):
        search_param = "search-for"

    with pytest.raises(ConfigurationError, match=r"BookFilters\.search-for cannot be a field"):
        fields("BookFilters", AS_MESSAGE[0], filter_backends=[Named])


@pytest.mark.django_db(transaction=True)
@override_settings(GRPC_FRAMEWORK={"FILTER_BEHAVIOR": AS_MESSAGE[0]})
def test_they_filter(mode: Mode) -> None:
    class Found(Books):
        queryset = Author.objects.order_by("id")
        filter_backends = (DjangoFilterBackend, SearchFilter)
        filterset_fields: ClassVar[Any] = {"id": ["in"], "born": ["isnull", "exact"]}
        search_fields = ("name",)

    jane, mary, emily = (Author.objects.create(name=name) for name in ("Jane", "Mary", "Emily"))
    with stub_of(mode, Found) as stub:

        def names(**filters: Any) -> list[str]:
            return [author.name for author in stub.List(_filters=filters).results]

        assert names(id__in=[jane.pk, emily.pk]) == ["Jane", "Emily"]
        assert names(id__in=[mary.pk]) == ["Mary"]
        assert names(search="m") == ["Mary", "Emily"]
        assert names(born__isnull=False) == []
        assert names(born__isnull=True, search="jane") == ["Jane"]
        assert names() == ["Jane", "Mary", "Emily"]
