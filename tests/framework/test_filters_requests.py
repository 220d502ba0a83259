"""Where filters are told, metadata or request, and what their values may be, on both servers."""

import json
from typing import Any

import django_filters  # type: ignore[import-untyped]
import grpc
import pytest
from declared import Stub, stub_of
from django.db.models import QuerySet
from django.test import override_settings
from django_filters.rest_framework import (  # type: ignore[import-untyped]
    DjangoFilterBackend,
)
from django_socio_grpc import generics, mixins
from django_socio_grpc.filters import OrderingFilter
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.services import Service
from django_socio_grpc.settings import FilterAndPaginationBehaviorOptions
from django_socio_grpc.testing import Mode
from google.protobuf.struct_pb2 import Struct
from grpc import StatusCode
from library.models import Author, Book
from rest_framework.filters import SearchFilter

pytestmark = pytest.mark.django_db(transaction=True)
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


@pytest.fixture(autouse=True)
def _books(db: None) -> None:
    author = Author.objects.create(name="Ada")
    for title, pages in (("ants", 1), ("bees", 22), ("apes", 300)):
        Book.objects.create(
            title=title, pages=pages, author=author, available=pages > 1, genre="novel"
        )


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


ASKED: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["ants", "bees", "apes"]),
    ({"title": "bees"}, ["bees"]),
    ({"title__icontains": "A"}, ["ants", "apes"]),
    ({"pages": 22}, ["bees"]),
    ({"pages": 22.0}, ["bees"]),
    ({"pages": "22"}, ["bees"]),
    ({"pages__gt": 1, "pages": None}, ["bees", "apes"]),
    ({"pages__in": [1, 300]}, ["ants", "apes"]),
    ({"pages__in": "1,300"}, ["ants", "apes"]),
    ({"pages__in": [300]}, ["apes"]),
    ({"available": True}, ["bees", "apes"]),
    ({"available": False}, ["ants"]),
    ({"genre": "novel", "search": "ee"}, ["bees"]),
    ({"ordering": "-title"}, ["bees", "apes", "ants"]),
    ({"ordering": ["-title"]}, ["bees", "apes", "ants"]),
    ({"ordering": ["title", "-pages"]}, ["ants", "apes", "bees"]),
    ({"ordering": "nonsense"}, ["ants", "bees", "apes"]),
    ({"unknown": {"a": [1]}}, ["ants", "bees", "apes"]),
    ({"written_after": "2000-01-01"}, []),
]


@services
def test_values_in_the_metadata(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        for filters, expected in ASKED:
            assert titles(in_metadata(stub, **filters).List()) == expected, filters


@services
@behavior(Behavior.REQUEST_STRUCT_STRICT)
def test_values_in_a_struct_of_the_request(mode: Mode, service: type[Service]) -> None:
    """A Struct has no whole numbers: 22 arrives as 22.0."""
    with stub_of(mode, service) as stub:
        for filters, expected in ASKED:
            assert titles(stub.List(_filters=struct(**filters))) == expected, filters
        assert [book.title for book in stub.Stream(_filters=struct(pages=1))] == ["ants"]


def place(stub: Stub, where: set[str]) -> dict[str, list[str]]:
    """What each of the places finds, and both together."""
    request = {"_filters": struct(title="bees")} if "request" in where else {}
    asking = in_metadata(stub, title="ants") if "metadata" in where else stub
    return {"+".join(sorted(where)): titles(asking.List(**request))}


@services
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Behavior.REQUEST_STRUCT_STRICT, [["ants", "bees", "apes"], ["bees"], ["bees"]]),
        (Behavior.METADATA_AND_REQUEST_STRUCT, [["ants"], ["bees"], ["bees"]]),
    ],
)
def test_where_filters_are_told(
    mode: Mode, service: type[Service], filters: Behavior, expected: list[list[str]]
) -> None:
    """Strict ignores the other place; else both count, and the request wins."""
    with behavior(filters), stub_of(mode, service) as stub:
        found = [
            place(stub, {"metadata"}),
            place(stub, {"request"}),
            place(stub, {"metadata", "request"}),
        ]
    assert [next(iter(each.values())) for each in found] == expected


@services
@behavior(Behavior.METADATA_AND_REQUEST_STRUCT)
def test_filters_of_both_places_count_together(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        asking = in_metadata(stub, available=True, title="ants")
        assert titles(asking.List(_filters=struct(title__icontains="ap", title=None))) == []
        assert titles(in_metadata(stub, available=True).List(_filters=struct(search="ap"))) == [
            "apes"
        ]


@services
@pytest.mark.parametrize(
    "filters", [Behavior.REQUEST_MESSAGE_STRICT, Behavior.METADATA_AND_REQUEST_MESSAGE]
)
def test_filters_in_a_message_of_their_own(
    mode: Mode, service: type[Service], filters: Behavior
) -> None:
    with behavior(filters), stub_of(mode, service) as stub:
        asked = stub.pb.BookFilters
        assert titles(stub.List()) == ["ants", "bees", "apes"]
        assert titles(stub.List(_filters=asked())) == ["ants", "bees", "apes"]
        assert titles(stub.List(_filters=asked(pages=22))) == ["bees"]
        assert titles(stub.List(_filters=asked(pages=0))) == []
        assert titles(stub.List(_filters=asked(available=False))) == ["ants"]
        assert titles(stub.List(_filters=asked(pages__in=[1, 300]))) == ["ants", "apes"]
        assert titles(stub.List(_filters=asked(ordering="-pages"))) == ["apes", "bees", "ants"]
        both = in_metadata(stub, title="ants").List(_filters=asked(search="e"))
        assert titles(both) == (["bees", "apes"] if filters.name.endswith("STRICT") else [])


WRONG: list[dict[str, Any]] = [
    {"pages": "many"},
    {"pages": [1, 2]},
    {"pages__gt": {}},
    {"pages__in": [1, "x"]},
    {"author": "nobody"},
    {"author": 4711},
    {"genre": "epic"},
    {"published": "yesterday"},
    {"published": 1},
    {"isbn": "no isbn"},
]


@services
def test_a_wrong_value_is_the_fault_of_the_field(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        for filters in WRONG:
            with pytest.raises(grpc.RpcError) as caught:
                in_metadata(stub, **filters).List()
            assert caught.value.code() is StatusCode.INVALID_ARGUMENT, filters
            assert json.loads(str(caught.value.details())).keys() == filters.keys()


@services
@behavior(Behavior.REQUEST_STRUCT_STRICT)
def test_a_wrong_value_in_a_struct(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        for filters in WRONG:
            with pytest.raises(grpc.RpcError) as caught:
                stub.List(_filters=struct(**filters))
            assert caught.value.code() is StatusCode.INVALID_ARGUMENT, filters
            assert json.loads(str(caught.value.details())).keys() == filters.keys()
        with pytest.raises(grpc.RpcError) as caught:
            stub.List(_filters=struct(pages=float("nan")))
        assert caught.value.code() is StatusCode.INVALID_ARGUMENT


@services
def test_a_search_for_what_no_text_has(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        in_metadata(stub, search="\0").List()
    assert caught.value.code() is StatusCode.INVALID_ARGUMENT


class OnlyLong:
    async def filter_queryset(self, context: Any, queryset: QuerySet[Any], service: Any) -> Any:
        async for longest in queryset.order_by("-pages")[:1]:
            return queryset.filter(pages=longest.pages)
        return queryset


@services
def test_backends_of_both_colours_together(mode: Mode, service: Any) -> None:
    mixed = type(
        service.__name__, (service,), {"filter_backends": [OnlyLong, *Books.filter_backends]}
    )
    with stub_of(mode, mixed) as stub:
        assert titles(stub.List()) == ["apes"]
        assert titles(in_metadata(stub, title="ants").List()) == []


class SyncOverride(SyncBooks):
    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return super().filter_queryset(queryset).filter(title="bees")


class AsyncOverride(AsyncBooks):
    async def afilter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        assert await queryset.acount() == 3
        filtered: QuerySet[Any] = await super().afilter_queryset(queryset)
        return filtered.filter(title="bees")


class OverrideOfAsync(WrittenBooks):
    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return super().filter_queryset(queryset).filter(title="bees")


@pytest.mark.parametrize("service", [SyncOverride, AsyncOverride, OverrideOfAsync])
def test_who_overrides_the_one_has_overridden_both(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        assert titles(stub.List()) == ["bees"]


class Unawaited(AsyncOverride):
    async def List(self, request: Any, context: Any) -> Any:
        return self.filter_queryset(self.get_queryset())


def test_async_code_cannot_call_the_sync_one_of_an_async_override(
    mode: Mode, caplog: pytest.LogCaptureFixture
) -> None:
    with stub_of(mode, Unawaited) as stub, pytest.raises(grpc.RpcError) as caught:
        stub.List()
    assert caught.value.code() is StatusCode.INTERNAL
    assert "Write: await self.afilter_queryset(...)" in caplog.text


def test_parameters_as_code_reads_them(mode: Mode) -> None:
    seen: list[Any] = []

    class Nosy:
        def filter_queryset(self, context: Any, queryset: Any, service: Any) -> Any:
            params = context.query_params
            seen.append(
                [params.get("many"), params.getlist("many"), params["one"], params is context.GET]
            )
            seen.append(["none" in params, params.get("flag"), params.get("empty", "unset")])
            return queryset

    service = type("Books", (SyncBooks,), {"filter_backends": [Nosy]})
    with stub_of(mode, service) as stub:
        in_metadata(stub, many=[1, "b", 2.5], one=1.0, none=None, flag=False, empty=[]).List()
    assert seen == [
        ["1,b,2.5", ["1", "b", "2.5"], "1", True],
        [False, "false", "unset"],
    ]
