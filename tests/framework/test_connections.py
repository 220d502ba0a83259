"""Database connections between calls: which are closed, and which are left alone."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import Error, connection, connections, transaction
from django_socio_grpc.concurrency import lending, tend_connections
from django_socio_grpc.concurrency.connections import PAUSE, POSTGRESQL, end_transactions
from library.models import Tag

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def thread() -> Iterator[Callable[..., Any]]:
    """Runs functions in one thread that is not the test's."""
    with ThreadPoolExecutor(1) as executor:
        try:
            yield lambda function, *args: executor.submit(function, *args).result(10)
        finally:
            executor.submit(connections.close_all).result(10)


def query() -> Any:
    """Return the connection of this thread, after a query, and what it is for the driver."""
    Tag.objects.count()
    return connections["default"], connections["default"].connection


def fail() -> None:
    with pytest.raises(Error), connections["default"].cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")


def test_a_connection_in_order_is_kept(thread: Callable[..., Any]) -> None:
    before = thread(query)
    thread(tend_connections)
    assert thread(query) == before


@pytest.mark.parametrize(("age", "kept"), [(None, True), (600, True), (0, False)])
def test_a_connection_is_kept_as_long_as_it_may_be(
    thread: Callable[..., Any], age: int | None, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", age)
    wrapper, _ = thread(query)
    thread(tend_connections)
    assert (wrapper.connection is not None) is kept
    thread(query)
    thread(tend_connections)
    assert (wrapper.connection is not None) is kept, "each time"


def test_a_connection_that_works_is_kept_after_an_error(thread: Callable[..., Any]) -> None:
    wrapper, before = thread(query)
    thread(fail)
    assert wrapper.errors_occurred
    thread(tend_connections)
    assert not wrapper.errors_occurred
    assert wrapper.connection is before


def test_a_connection_that_is_broken_is_replaced(
    thread: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrapper, before = thread(query)
    monkeypatch.setattr(wrapper, "is_usable", lambda: False)
    thread(fail)
    thread(tend_connections)
    assert wrapper.connection is None
    again, driver = thread(query)
    assert again is wrapper
    assert driver is not before


def test_a_connection_out_of_autocommit_is_closed(thread: Callable[..., Any]) -> None:
    """It would keep the locks of what nobody will commit."""
    wrapper, _ = thread(query)
    thread(wrapper.set_autocommit, False)
    thread(tend_connections)
    assert wrapper.connection is None


def test_a_connection_within_a_transaction_is_left_alone(thread: Callable[..., Any]) -> None:
    def within() -> None:
        with transaction.atomic():
            Tag.objects.create(label="one")
            connections["default"].close_at = 0.0
            connections["default"].errors_occurred = True
            tend_connections()
            assert connections["default"].connection is not None

    thread(within)
    assert Tag.objects.filter(label="one").exists()


def test_a_transaction_that_is_left_open_on_a_connection_that_is_gone(
    thread: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its thread goes on with another."""

    def leave_open() -> Any:
        transaction.atomic().__enter__()
        return connections["default"]

    def close() -> None:
        raise Error("the connection is closed")

    wrapper = thread(leave_open)
    with monkeypatch.context() as patch:
        patch.setattr(wrapper, "close", close)
        thread(end_transactions)
    assert thread(query)[0] is not wrapper
    thread(wrapper.connection.close)


@pytest.mark.parametrize("checks", [True, False])
def test_the_health_of_a_connection_is_checked_once_a_call(
    thread: Callable[..., Any], checks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "CONN_HEALTH_CHECKS", checks)
    wrapper, _ = thread(query)
    checked: list[int] = []

    def is_usable() -> bool:
        checked.append(1)
        return True

    monkeypatch.setattr(wrapper, "is_usable", is_usable)
    for _ in range(3):
        thread(tend_connections)
        thread(query)
        thread(query)
        thread(tend_connections)
    assert len(checked) == (3 if checks else 0)


def test_a_busy_thread_asks_its_connections_too(
    thread: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls that ask no database say nothing about a connection, which may have rested."""
    asked: list[Any] = []

    def has_news(driver: Any) -> bool:
        asked.append(driver)
        return False

    wrapper, _ = thread(query)
    end = time.monotonic() + 4 * PAUSE
    calls = 0
    with monkeypatch.context() as patch:
        patch.setattr("django_socio_grpc.concurrency.connections.has_news", has_news)
        patch.setattr(wrapper, "vendor", POSTGRESQL)
        patch.setattr(wrapper, "connection", SimpleNamespace(closed=False))
        while time.monotonic() < end:
            thread(tend_connections)
            calls += 1
    assert 2 <= len(asked) <= 5
    assert calls > len(asked)


def test_connections_of_other_threads_are_not_looked_at(thread: Callable[..., Any]) -> None:
    wrapper, before = thread(query)
    wrapper.close_at = 0.0
    tend_connections()
    assert wrapper.connection is before
    thread(tend_connections)
    assert wrapper.connection is None


def test_a_thread_without_connections_opens_none(thread: Callable[..., Any]) -> None:
    thread(tend_connections)
    assert thread(lambda: connections.all(initialized_only=True)) == []


def test_a_connection_that_is_lent_is_its_owners() -> None:
    wrapper: Any = connections["default"]
    wrapper.close()
    done = threading.Event()

    def borrow() -> None:
        connections["default"] = wrapper
        Tag.objects.count()  # opened here, and yet not ours
        wrapper.close_at = 0.0
        tend_connections()
        done.set()

    with lending([wrapper]):
        other = threading.Thread(target=borrow)
        other.start()
        other.join(10)
        assert done.is_set()
        assert wrapper.connection is not None
    wrapper.close()


def test_an_unused_alias_costs_no_connection(thread: Callable[..., Any]) -> None:
    """Django's own function asks each alias; this one knows what has been opened."""
    wrapper, _ = thread(query)
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(connections), "__getitem__", lambda _, alias: asked.append(alias))
        thread(tend_connections)
    assert asked == []
    assert wrapper.connection is not None
