"""Where filters are told, metadata or request, and what their values may be, on both servers."""

import json
from typing import Any

import grpc
import pytest
from declared import Stub, stub_of
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from filtered import (
    Behavior,
    behavior,
    in_metadata,
    services,
    struct,
    titles,
)
from grpc import StatusCode
from library.models import Author, Book

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _books(db: None) -> None:
    author = Author.objects.create(name="Ada")
    for title, pages in (("ants", 1), ("bees", 22), ("apes", 300)):
        Book.objects.create(
            title=title, pages=pages, author=author, available=pages > 1, genre="novel"
        )


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
