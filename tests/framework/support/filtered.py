"""A list of books with filters, in either colour."""

import json
from typing import Any

import django_filters  # type: ignore[import-untyped]
import pytest
from declared import Stub
from django.test import override_settings
from django_filters.rest_framework import (  # type: ignore[import-untyped]
    DjangoFilterBackend,
)
from django_socio_grpc import generics, mixins
from django_socio_grpc.filters import OrderingFilter
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.settings import FilterAndPaginationBehaviorOptions
from google.protobuf.struct_pb2 import Struct
from library.models import Book
from rest_framework.filters import SearchFilter

Behavior = FilterAndPaginationBehaviorOptions


class BookProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Book
        fields = ["id", "title", "pages"]


class NumberIn(django_filters.BaseInFilter, django_filters.NumberFilter):  # type: ignore[misc]
    """Numbers in a list, or with commas between."""


class BookFilters(django_filters.FilterSet):  # type: ignore[misc]
    pages__in = NumberIn(field_name="pages", lookup_expr="in")
    written = django_filters.DateFromToRangeFilter(field_name="published")

    class Meta:
        model = Book
        fields = {
            "title": ["exact", "icontains"],
            "pages": ["exact", "gt"],
            "available": ["exact"],
            "genre": ["exact"],
            "author": ["exact"],
            "isbn": ["exact"],
            "published": ["exact"],
        }


class Books(generics.GenericService):
    service_name = "Book"
    queryset = Book.objects.order_by("id")
    serializer_class = BookProtoSerializer
    filter_backends = (DjangoFilterBackend, SearchFilter, OrderingFilter)
    filterset_class = BookFilters
    search_fields = ("title",)
    ordering_fields = ("title", "pages")
    pb: Any


class SyncBooks(mixins.StreamModelMixin, generics.ReadOnlyModelService, Books):
    pass


class AsyncBooks(mixins.AsyncStreamModelMixin, generics.AsyncReadOnlyModelService, Books):
    pass


class WrittenBooks(AsyncBooks):
    async def List(self, request: Any, context: Any) -> Any:
        queryset = await self.afilter_queryset(await self.aget_queryset())
        page = await self.apaginate_queryset(queryset)
        assert page is None
        return await (await self.aget_serializer(queryset, many=True)).amessage


services = pytest.mark.parametrize("service", [AsyncBooks, WrittenBooks])


def behavior(filters: Behavior) -> override_settings:
    return override_settings(GRPC_FRAMEWORK={"FILTER_BEHAVIOR": filters})


def in_metadata(stub: Stub, **filters: Any) -> Stub:
    return stub.options(metadata=[("filters", json.dumps(filters))], timeout=10)


def struct(**values: Any) -> Struct:
    found = Struct()
    found.update(values)
    return found


def titles(reply: Any) -> list[str]:
    return [book.title for book in reply.results]
