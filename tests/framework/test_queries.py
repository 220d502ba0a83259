"""Queries that are compiled once: no SQL is compiled again, and one query is made for a call."""

from typing import Any

import pytest
from columns import AsyncBooks, answers, books, by_instances, compilations, fill, serving, stamped
from declared import Contract
from django.db import connection, connections
from django.test import override_settings
from django.utils import timezone
from django_socio_grpc.queries import FreshQuerySet
from django_socio_grpc.testing import Mode, serve
from library.models import Book

pytestmark = pytest.mark.django_db(transaction=True)


@books
def test_the_second_call_compiles_nothing_and_makes_one_query(mode: Mode, base: type[Any]) -> None:
    first, *_ = fill()
    contract = Contract(serving(base, queryset=Book.objects.order_by("id")))
    with serve(mode, contract.hook) as server, server.channel() as channel:
        stub = contract.stub(channel)
        calls = {
            "Retrieve": lambda: stub.Retrieve(id=first.pk),
            "List": lambda: stub.List(),
            "Stream": lambda: list(stub.Stream()),
        }
        with compilations() as compiled:
            first_answers = {name: call() for name, call in calls.items()}
        assert compiled
        for name, call in calls.items():
            with compilations() as compiled, server.queries() as queries:
                assert call() == first_answers[name]
            assert not compiled, name
            assert len(queries) == 1, name


@books
def test_the_messages_are_those_of_instances(mode: Mode, base: type[Any]) -> None:
    keys = [book.pk for book in fill()]
    stamped()
    service = serving(base)
    ours = answers(mode, service, [*keys, 0, -1, 2**62])
    assert ours == answers(mode, by_instances(service), [*keys, 0, -1, 2**62])
    assert "Book 2" in ours[0]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
@pytest.mark.parametrize("aware", [True, False])
def test_time_zones_are_settings(mode: Mode, zone: str, *, aware: bool) -> None:
    """What is compiled under one setting does not answer under the next."""
    fill(1)
    stamped()
    service = serving(AsyncBooks)
    answers(mode, service, [])
    with override_settings(USE_TZ=aware, TIME_ZONE=zone):
        assert answers(mode, service, []) == answers(mode, by_instances(service), [])


def test_what_a_transaction_has_not_committed_is_seen(mode: Mode) -> None:
    service = serving(AsyncBooks, atomic=True)
    (book,) = fill(1)

    class Renaming(service):  # type: ignore[misc, valid-type]
        def List(self, request: Any, context: Any) -> Any:
            assert connection.in_atomic_block
            Book.objects.update(title="renamed")
            return super(service, self).List.__wrapped__(self, request, context)

    assert "renamed" in answers(mode, Renaming, [book.pk])[0]


def test_queries_are_logged_and_wrapped() -> None:
    """They take the way of all queries: tools that look on see them."""
    fill(1)
    statement = FreshQuerySet(Book.objects.all()).statement()
    assert statement is not None
    seen: list[str] = []

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        assert len(statement.rows()) == 1
        assert [len(chunk) for chunk in statement.chunks(500)] == [1]
    assert seen == [statement.sql, statement.sql]


@pytest.mark.parametrize("supported", [True, False])
@pytest.mark.parametrize("disabled", [True, False])
def test_chunks(monkeypatch: Any, *, supported: bool, disabled: bool) -> None:
    fill(5)
    statement = FreshQuerySet(Book.objects.order_by("id")).statement()
    assert statement is not None
    monkeypatch.setattr(type(connection.features), "can_use_chunked_reads", supported)
    settings = connections["default"].settings_dict
    monkeypatch.setitem(settings, "DISABLE_SERVER_SIDE_CURSORS", disabled)
    chunks = list(statement.chunks(2))
    assert [len(chunk) for chunk in chunks] == [2, 2, 1]
    assert [row for chunk in chunks for row in chunk] == statement.rows()


def test_an_instance_of_a_row_is_as_from_the_queryset() -> None:
    fill(2)
    fresh = FreshQuerySet(Book.objects.order_by("id"))
    statement = fresh.statement()
    assert statement is not None
    for row, book in zip(statement.rows(), fresh.queryset, strict=True):
        ours = statement.instance(row)
        assert {**vars(ours), "_state": 0} == {**vars(book), "_state": 0}
        assert vars(ours._state) == vars(book._state)


def test_the_current_time_zone_is_that_of_the_call(mode: Mode) -> None:
    fill(1)

    class Local(AsyncBooks):
        def get_serializer_context(self) -> Any:
            timezone.activate("Asia/Kathmandu")
            return super().get_serializer_context()

    with_zone = answers(mode, Local, [])
    assert "+05:45" in with_zone[0]
    assert with_zone == answers(mode, by_instances(Local), [])
