"""Values that the database cannot take: the caller's mistake, whatever the database."""

from typing import Any

import django_filters  # type: ignore[import-untyped]
import pytest
from declared import code_of, stub_of
from django.db import connection
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from filtered import AsyncBooks, NumberIn, WrittenBooks, in_metadata
from grpc import StatusCode
from library.models import Author, Book

pytestmark = pytest.mark.django_db(transaction=True)


class BigFilters(django_filters.FilterSet):  # type: ignore[misc]
    id__in = NumberIn(field_name="id", lookup_expr="in")

    class Meta:
        model = Book
        fields = {"id": ["exact", "gt"], "title": ["regex", "iregex"]}


class ByHand:
    """A backend that hands on what it is told, as many do."""

    def filter_queryset(self, context: Any, queryset: Any, service: Any) -> Any:
        if numbers := context.query_params.getlist("numbers"):
            return queryset.filter(pages__in=[int(number) for number in numbers])
        return queryset


@pytest.mark.parametrize("service", [AsyncBooks, WrittenBooks])
@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        ({"id__in": [10**30]}, {"postgresql"}),
        ({"id__in": [-(10**30), 10**30]}, {"postgresql"}),
        ({"numbers": [10**30]}, {"postgresql"}),
        ({"title__regex": "("}, set()),
        ({"title__iregex": "[a-"}, set()),
    ],
)
def test_a_value_that_a_database_cannot_compare(
    mode: Mode, service: type[Service], filters: dict[str, Any], fits: set[str]
) -> None:
    """Some compare any number, and find nothing; none takes what is no regular expression."""
    Book.objects.create(title="ants", pages=1, author=Author.objects.create(name="Ada"))
    more = {
        "filterset_class": BigFilters,
        "filter_backends": [*service.filter_backends, ByHand],  # type: ignore[attr-defined]
    }
    with stub_of(mode, type("Books", (service,), more)) as stub:
        code = code_of(in_metadata(stub, **filters).List)
    expected = StatusCode.OK if connection.vendor in fits else StatusCode.INVALID_ARGUMENT
    assert code is expected


@pytest.mark.parametrize("name", ["id", "id__gt"])
def test_a_number_beyond_the_column_finds_nothing(mode: Mode, name: str) -> None:
    Book.objects.create(title="ants", pages=1, author=Author.objects.create(name="Ada"))
    with stub_of(mode, type("Books", (AsyncBooks,), {"filterset_class": BigFilters})) as stub:
        assert not in_metadata(stub, **{name: 10**30}).List().results
