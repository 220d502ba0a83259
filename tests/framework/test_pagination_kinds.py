"""Paginations of all kinds: their limits, streams, links, counts and the setting."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from declared import Stub, code_of, stub_of
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Tag
from pages import (
    LABELS,
    ByNumber,
    Cursored,
    Limited,
    Numbered,
    SyncTags,
    in_metadata,
    labels,
    listing,
    paged,
    paginations,
    services,
)
from rest_framework.pagination import (
    BasePagination,
    LimitOffsetPagination,
    PageNumberPagination,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _tags(db: None) -> None:
    Tag.objects.bulk_create(Tag(label=label) for label in LABELS)


@services
def test_page_size_of_the_client(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, paged(service, Numbered)) as stub:
        for asked, expected in [(1, 1), (3, 3), (4711, 3), (0, 2), (-1, 2), ("many", 2)]:
            assert len(in_metadata(stub, page_size=asked).List().results) == expected, asked
    with stub_of(mode, paged(service, Limited)) as stub:
        for asked, expected in [(1, 1), (4711, 3), (0, 2), ("many", 2)]:
            assert len(in_metadata(stub, limit=asked).List().results) == expected, asked
    with stub_of(mode, paged(service, Cursored)) as stub:
        assert len(in_metadata(stub, page_size=4).List().results) == 4


@services
def test_a_page_that_is_not_there(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, paged(service, Numbered)) as stub:
        for page in [0, -1, 4, 4711, "x", "1,2", [1, 2], {}, 1.5, 10**30]:
            call = in_metadata(stub, page=page).List
            assert code_of(call) is StatusCode.NOT_FOUND, page


@services
def test_a_cursor_that_leads_nowhere(mode: Mode, service: type[Service]) -> None:
    """One of the client's making: no Base64, or p=nonumber, a position none of the column's."""
    with stub_of(mode, paged(service, ByNumber)) as stub:
        for cursor in ["äöü", "A", [1], "cD1ub251bWJlcg=="]:
            call = in_metadata(stub, cursor=cursor).List
            assert code_of(call) is StatusCode.NOT_FOUND, cursor


@services
def test_a_limit_that_no_database_can_take(mode: Mode, service: type[Service]) -> None:
    class Unlimited(LimitOffsetPagination):
        default_limit = 2

    with stub_of(mode, paged(service, Unlimited)) as stub:
        call = in_metadata(stub, limit=10**30).List
        assert code_of(call) is StatusCode.INVALID_ARGUMENT


@services
@paginations
def test_a_stream_is_a_page_too(mode: Mode, service: type[Service], pagination: type) -> None:
    with stub_of(mode, paged(service, pagination)) as stub:
        assert [tag.label for tag in stub.Stream()] == ["ant", "bee"]
        more = in_metadata(stub, page=3, offset=4, page_size=2)
        if pagination is not Cursored:
            assert [tag.label for tag in more.Stream()] == ["eel"]


class Numbers(SyncTags):
    @listing("int32")
    def List(self, request: Any, context: Any) -> Any:
        return super().List(request, context)


def test_links_may_be_numbers(mode: Mode) -> None:
    with stub_of(mode, paged(Numbers, Numbered)) as stub:
        second = in_metadata(stub, page=2).List()
    assert (second.next, second.previous) == (3, 1)


class Everything(BasePagination):
    """One of one's own, with no links, and of async code."""

    async def paginate_queryset(  # type: ignore[override]
        self, queryset: Any, request: Any, view: Any = None
    ) -> Any:
        return [tag async for tag in queryset.filter(label__gt="c")]


@services
def test_an_async_pagination_of_ones_own(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, paged(service, Everything)) as stub:
        page = stub.List()
    assert (labels(page), page.count, page.next) == (["cat", "dog", "eel"], 5, "")


class Named(PageNumberPagination):
    page_size = 2
    page_query_param = "seite"


@services
def test_a_page_may_be_asked_for_by_another_name(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, paged(service, Named)) as stub:
        first = stub.List()
        assert labels(in_metadata(stub, seite=first.next).List()) == ["cat", "dog"]


class Counting(SyncTags):
    """Counts the queries of a call, in its own thread."""

    seen: list[list[str]] = []

    def before_action(self) -> None:
        super().before_action()
        self.queries = CaptureQueriesContext(connection).__enter__()

    def after_action(self) -> None:
        self.queries.__exit__(None, None, None)
        self.seen.append([query["sql"] for query in self.queries.captured_queries])


@contextmanager
def counted(mode: Mode, pagination: type) -> Iterator[tuple[Stub, list[list[str]]]]:
    Counting.seen.clear()
    with stub_of(mode, paged(Counting, pagination)) as stub:
        yield stub, Counting.seen


@paginations
def test_objects_are_counted_once(mode: Mode, pagination: type) -> None:
    with counted(mode, pagination) as (stub, seen):
        assert stub.List().count == 5
    assert len(seen[0]) == 2
    assert sum("COUNT" in query for query in seen[0]) == 1


@services
@override_settings(GRPC_FRAMEWORK={"DEFAULT_PAGINATION_CLASS": "pages.Numbered"})
def test_pagination_of_the_settings(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        assert labels(in_metadata(stub, page=2).List()) == ["cat", "dog"]
    with stub_of(mode, type(service.__name__, (service,), {"pagination_class": None})) as stub:
        assert labels(stub.List()) == LABELS
