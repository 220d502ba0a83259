"""Querysets that a call makes itself: pages, and objects behind filters, on both servers."""

from functools import partial
from typing import Any

import pytest
from columns import AsyncBooks, answers, books, by_instances, compilations, fill, serving
from declared import Contract, code_of, stub_of
from django.db.models import Q
from django_socio_grpc.queries import seen
from django_socio_grpc.queries.seen import LENGTH, LIMIT, by_key_in, part_of
from django_socio_grpc.testing import Mode, serve
from grpc import StatusCode
from library.models import Book
from rest_framework.filters import BaseFilterBackend
from rest_framework.pagination import (
    CursorPagination,
    LimitOffsetPagination,
    PageNumberPagination,
)

pytestmark = pytest.mark.django_db(transaction=True)


class TwoPerPage(PageNumberPagination):
    page_size = 2
    page_size_query_param = "size"


class Limited(LimitOffsetPagination):
    default_limit = 2


class Unlimited(LimitOffsetPagination):
    default_limit = None


class ByCursor(CursorPagination):
    page_size = 2
    ordering = "id"


class Counting(PageNumberPagination):
    """It looks at what it pages."""

    page_size = 2

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        assert all(isinstance(book, Book) for book in queryset)
        return super().paginate_queryset(queryset, request, view)


class OfPages(BaseFilterBackend):
    """Books of as many pages as the caller says."""

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        pages = request.META.get("HTTP_X_PAGES")
        return queryset.filter(pages=int(pages)) if pages else queryset


class Masking:
    """Rows that were read, and are shown otherwise."""

    def get_queryset(self: Any) -> Any:
        queryset = super().get_queryset()  # type: ignore[misc]
        for book in queryset:
            book.title = "masked"
        return queryset


PAGES = [TwoPerPage, Limited, Unlimited, ByCursor, Counting]


@books
@pytest.mark.parametrize("pages", PAGES)
def test_pages_are_those_of_instances(mode: Mode, base: type[Any], pages: Any) -> None:
    fill(3)
    service = serving(base, pagination_class=pages)

    class Handled(service):  # type: ignore[misc, valid-type]
        """What its class does after an action might look at the instances of the page."""

        def after_action(self) -> None:
            found = getattr(self.paginator, "page", None) if self.action == "List" else None
            assert all(isinstance(book, Book) for book in getattr(found, "object_list", ()))

    assert answers(mode, service, []) == answers(mode, Handled, [])


@books
@pytest.mark.parametrize("pages", [*PAGES, None])
def test_rows_that_were_read_before_are_not_read_again(
    mode: Mode, base: type[Any], pages: Any
) -> None:
    fill(3)
    service = type("Books", (Masking, base), {"pagination_class": pages})
    with stub_of(mode, service) as stub:
        for _ in range(3):
            titles = {book.title for book in stub.List().results}
            # A cursor asks the database itself, and always has.
            assert titles == ({"Book 0", "Book 1"} if pages is ByCursor else {"masked"})


@books
def test_a_page_that_comes_again_is_compiled_once(mode: Mode, base: type[Any]) -> None:
    fill(3)
    contract = Contract(serving(base, pagination_class=TwoPerPage, filter_backends=[OfPages]))
    with serve(mode, contract.hook) as server, server.channel() as channel:
        stub = contract.stub(channel)
        for _ in range(2):
            first = stub.List()
        with compilations() as compiled, server.queries() as queries:
            assert stub.List() == first
        assert [book.title for book in first.results] == ["Book 0", "Book 1"]
        assert (first.count, len(queries)) == (3, 2)
        assert all("COUNT" in sql for sql in compiled)
        Book.objects.filter(title="Book 1").update(title="renamed")
        assert [book.title for book in stub.List().results] == ["Book 0", "renamed"]


@books
def test_a_list_behind_a_filter_is_compiled_once(mode: Mode, base: type[Any]) -> None:
    one, other, _ = fill()
    contract = Contract(serving(base, filter_backends=[OfPages]))
    with serve(mode, contract.hook) as server, server.channel() as channel:
        stub = contract.stub(channel)
        of_one, of_other = (
            stub.options(metadata=[("x-pages", str(book.pages))]) for book in (one, other)
        )
        for _ in range(3):
            assert [book.id for book in of_one.List().results] == [one.pk]
            assert [book.id for book in of_other.List().results] == [other.pk]
            assert len(stub.List().results) == 3
        with compilations() as compiled, server.queries() as queries:
            of_one.List()
        assert not compiled
        assert len(queries) == 1


@books
def test_an_object_behind_a_filter_is_compiled_once(mode: Mode, base: type[Any]) -> None:
    one, other, _ = fill()
    contract = Contract(serving(base, filter_backends=[OfPages]))
    with serve(mode, contract.hook) as server, server.channel() as channel:
        stub = contract.stub(channel)
        of_one, of_other = (
            stub.options(metadata=[("x-pages", str(book.pages))]) for book in (one, other)
        )
        for _ in range(3):  # each caller gets their own, whoever asked before
            assert of_one.Retrieve(id=one.pk).id == one.pk
            assert of_other.Retrieve(id=other.pk).id == other.pk
            assert code_of(partial(of_one.Retrieve, id=other.pk)) is StatusCode.NOT_FOUND
            assert code_of(partial(of_other.Retrieve, id=one.pk)) is StatusCode.NOT_FOUND
        with compilations() as compiled, server.queries() as queries:
            assert of_one.Retrieve(id=one.pk).id == one.pk
        assert not compiled
        assert len(queries) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Q(pages=1), Q(pages=2)),
        (Q(pages=1), Q(pages__gt=1)),
        (Q(pages=1), ~Q(pages=1)),
        (Q(pages=1), Q(rating=1)),
        (Q(pages=1) & Q(rating=1), Q(pages=1) | Q(rating=1)),
        (Q(pages=1) | Q(rating=1), Q(pages=1) ^ Q(rating=1)),
        (Q(available=True), Q(available=False)),
        (Q(title="1"), Q(title="1 ")),
        (Q(pages__in=[1]), Q(pages__in=[1, 2])),
        (Q(note=None), Q(note="")),
    ],
)
def test_what_differs_is_not_taken_for_the_same(one: Q, other: Q) -> None:
    compiled = []
    for condition in (one, other, one, other):
        for queryset in (Book.objects.filter(condition), Book.objects.order_by("pk")):
            statement = part_of(queryset, slice(0, 2))
            compiled.append(statement and (statement.sql, statement.params))
    first, second = compiled[4], compiled[6]
    assert first is not None
    assert first != second


def test_what_a_client_sends_does_not_fill_the_memory() -> None:
    long = Book.objects.filter(title="x" * (LENGTH + 1))
    many = Book.objects.filter(pages__in=range(LENGTH + 1))
    for _ in range(3):
        assert by_key_in(long, "pk") is None
        assert by_key_in(many, "pk") is None
    first = Book.objects.filter(title="first")
    assert by_key_in(first, "pk") is None
    assert by_key_in(first, "pk") is not None
    for number in range(LIMIT):
        by_key_in(Book.objects.filter(pages=number), "pk")
    assert by_key_in(first, "pk") is None


def test_calls_that_make_one_another_forget_do_not_fail(monkeypatch: Any) -> None:
    """One call looks for what is remembered, another forgets it in between."""

    class Forgetful(dict[Any, Any]):
        def __contains__(self, key: object) -> bool:
            found = super().__contains__(key)
            self.clear()
            return found

    monkeypatch.setattr(seen, "_seen", Forgetful())
    for _ in range(3):
        by_key_in(Book.objects.filter(title="first"), "pk")


def test_a_lookup_that_is_no_column(mode: Mode) -> None:
    fill(2)
    service = serving(AsyncBooks, lookup_field="title__iexact", lookup_request_field="title")
    service.get_lookup_fields = lambda self: [{"name": "title", "type": "string"}]
    for each in (service, by_instances(service)):
        with stub_of(mode, each) as stub:
            assert stub.Retrieve(title="bOOk 1").title == "Book 1"
