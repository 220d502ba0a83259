"""``_filters`` and ``_pagination`` in requests: where, and as which messages."""

from typing import Any

import pytest
from contracts import contract, lines, named
from django.test import override_settings
from django_socio_grpc import generics
from django_socio_grpc.contract.numbers import assign
from django_socio_grpc.contract.protoc import parse
from django_socio_grpc.contract.render import render
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.protobuf.generation_plugin import (
    FilterGenerationPlugin,
    PaginationGenerationPlugin,
)
from django_socio_grpc.schema.model import EMPTY, STRUCT
from queries import AS_MESSAGE, AS_STRUCT, Books, Pages, fields
from rest_framework.filters import BaseFilterBackend, OrderingFilter, SearchFilter
from rest_framework.pagination import (
    CursorPagination,
    LimitOffsetPagination,
    PageNumberPagination,
)

IN_METADATA = ["METADATA_STRICT"]

# Where


@pytest.mark.parametrize("behavior", IN_METADATA)
def test_nothing_where_requests_are_not_read(behavior: str) -> None:
    both = {"filter_backends": [SearchFilter], "pagination_class": Pages}
    assert fields("AuthorListRequest", behavior, **both) == []


@pytest.mark.parametrize("behavior", AS_STRUCT)
@pytest.mark.parametrize("request_", ["AuthorListRequest", "AuthorStreamRequest"])
def test_structs(behavior: str, request_: str) -> None:
    both = {"filter_backends": [SearchFilter], "pagination_class": Pages}
    assert fields(request_, behavior, **both) == [
        f"optional {STRUCT} _filters",
        f"optional {STRUCT} _pagination",
    ]


@pytest.mark.parametrize("behavior", AS_STRUCT + AS_MESSAGE)
def test_only_what_the_service_has(behavior: str) -> None:
    assert fields("AuthorListRequest", behavior) == []
    (filters,) = fields("AuthorListRequest", behavior, filter_backends=[SearchFilter]) or []
    assert filters.endswith(" _filters")
    (page,) = fields("AuthorListRequest", behavior, pagination_class=Pages) or []
    assert page.endswith(" _pagination")


@pytest.mark.parametrize("behavior", AS_STRUCT + AS_MESSAGE)
def test_what_finds_one_object_has_none(behavior: str) -> None:
    both = {"filter_backends": [SearchFilter], "pagination_class": Pages}
    assert fields("AuthorRetrieveRequest", behavior, **both) == ["int64 id"]


@override_settings(
    GRPC_FRAMEWORK={
        "FILTER_BEHAVIOR": "REQUEST_STRUCT_STRICT",
        "PAGINATION_BEHAVIOR": "METADATA_STRICT",
    }
)
def test_an_action_of_ones_own_asks_for_them() -> None:
    plugins = [
        FilterGenerationPlugin(display_warning_message=False),
        PaginationGenerationPlugin(display_warning_message=False),
    ]

    class Find(generics.GenericService):
        service_name = "Book"
        filter_backends = (SearchFilter,)
        pagination_class = Pages

        @grpc_action(use_generation_plugins=plugins)
        def Find(self, request: Any, context: Any) -> None: ...

        @grpc_action()
        def Ask(self, request: Any, context: Any) -> None: ...

    found = contract(Find)
    assert {rpc.name: rpc.request for rpc in found.services[0].rpcs} == {
        "Find": "BookFindRequest",
        "Ask": EMPTY,
    }
    assert lines(named(found)["BookFindRequest"]) == [f"optional {STRUCT} _filters"]


# As messages


@pytest.mark.parametrize("behavior", AS_MESSAGE)
def test_messages_are_the_services_own(behavior: str) -> None:
    both = {"filter_backends": [SearchFilter], "pagination_class": Pages}
    for request in ("AuthorListRequest", "AuthorStreamRequest"):
        assert fields(request, behavior, **both) == [
            "optional BookFilters _filters",
            "optional BookPagination _pagination",
        ]


@pytest.mark.parametrize(
    ("pagination", "expected"),
    [
        (PageNumberPagination, ["optional int32 page"]),
        (Pages, ["optional int32 page", "optional int32 size"]),
        (LimitOffsetPagination, ["optional int32 limit", "optional int32 offset"]),
        (CursorPagination, ["optional string cursor"]),
    ],
)
def test_pages(pagination: Any, expected: list[str]) -> None:
    found = fields("BookPagination", AS_MESSAGE[0], pagination_class=pagination)
    assert found == expected


def test_search_and_ordering_are_called_as_their_backends_call_them() -> None:
    class Order(OrderingFilter):
        ordering_param = "by"

    found = fields("BookFilters", AS_MESSAGE[0], filter_backends=[SearchFilter, Order])
    assert found == ["optional string search", "optional string by"]


def test_a_backend_may_say_what_it_reads() -> None:
    class Own(BaseFilterBackend):
        def get_schema_operation_parameters(self, view: Any) -> Any:
            many = {"type": "array", "items": {"type": "integer"}}
            return [
                {"name": "mine", "schema": {"type": "boolean"}},
                {"name": "above", "schema": {"type": "number"}},
                {"name": "ids", "schema": many},
                {"name": "word"},
            ]

    assert fields("BookFilters", AS_MESSAGE[0], filter_backends=[Own]) == [
        "optional bool mine",
        "optional double above",
        "repeated int64 ids",
        "optional string word",
    ]


def test_backends_without_parameters_need_no_message() -> None:
    class Mine(BaseFilterBackend):
        def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
            return queryset

    class Bare:
        async def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
            return queryset

    backends = {"filter_backends": [Mine, Bare]}
    assert fields("AuthorListRequest", AS_MESSAGE[0], **backends) == []


# In an existing contract


@override_settings(GRPC_FRAMEWORK={"FILTER_BEHAVIOR": "METADATA_AND_REQUEST_MESSAGE"})
def test_numbers_are_kept_when_filters_come_and_go() -> None:
    class First(Books):
        filter_backends = (SearchFilter, OrderingFilter)

    class Second(Books):
        filter_backends = (OrderingFilter,)

    class Third(Books):
        filter_backends = (OrderingFilter, SearchFilter)

    text, texts = None, []
    for cls in (First, Second, Third):
        text = render(assign(contract(cls), parse(text) if text else None))
        texts.append(text)
    assert "    optional string ordering = 2;" in texts[1]
    assert "    reserved 1;" in texts[1]
    assert "    optional string search = 3;" in texts[2]


def test_a_struct_does_not_become_a_message_in_silence() -> None:
    class Search(Books):
        filter_backends = (SearchFilter,)

    with override_settings(GRPC_FRAMEWORK={"FILTER_BEHAVIOR": AS_STRUCT[0]}):
        before = parse(render(assign(contract(Search), None)))
    with (
        override_settings(GRPC_FRAMEWORK={"FILTER_BEHAVIOR": AS_MESSAGE[0]}),
        pytest.raises(Exception, match=r"_filters becomes BookFilters instead of"),
    ):
        assign(contract(Search), before)
