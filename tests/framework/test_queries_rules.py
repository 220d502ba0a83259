"""Which queries are compiled once, and that the others answer as ever."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from columns import AsyncBooks, answers, by_instances, compilations, fill, serving
from declared import Contract
from django.db import models
from django.db.models import F, Prefetch, Q, Value
from django.db.models.functions import Lower, Now
from django.test import override_settings
from django_socio_grpc.queries import FreshQuerySet
from django_socio_grpc.testing import Mode, serve
from library.models import Author, Book, Tag

pytestmark = pytest.mark.django_db(transaction=True)

BOOKS = Book.objects.order_by("id")


class Shouting(models.QuerySet[Any]):
    """Beside Django's own methods it has more."""

    def cheap(self) -> Any:
        return self.filter(price__lt=1)


class Own(models.QuerySet[Any]):
    """One of Django's methods is its own."""

    def iterator(self, chunk_size: int | None = None) -> Any:
        return super().iterator(chunk_size)


class OwnInit(models.QuerySet[Any]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


COMPILED: dict[str, Callable[[], Any]] = {
    "all": lambda: Book.objects.all(),
    "order": lambda: Book.objects.order_by("-pages", "pk"),
    "order over a relation": lambda: Book.objects.order_by("author__name", "author_id", "id"),
    "comparisons": lambda: BOOKS.filter(pages__gte=100, price__lt=10, title__startswith="Book"),
    "or": lambda: BOOKS.filter(Q(pages__in=[100, 102]) | ~Q(note=None)),
    "join": lambda: BOOKS.filter(author__name="Ada"),
    "object": lambda: BOOKS.filter(author=Author.objects.get()),
    "moment": lambda: BOOKS.filter(created__lte=datetime(2100, 1, 1, tzinfo=UTC)),
    "range": lambda: BOOKS.filter(pages__range=(0, 101)),
    "percent": lambda: BOOKS.exclude(title="100 %s"),
    "own methods": lambda: Shouting(Book).cheap().order_by("id"),
    "using": lambda: BOOKS.using("default"),
}

ASIDE: dict[str, Callable[[], Any]] = {
    "time": lambda: BOOKS.filter(created__lte=Now()),
    "zone": lambda: BOOKS.filter(created__year__gte=2020),
    "random": lambda: BOOKS.filter(pages=101).order_by("?"),
    "expression": lambda: BOOKS.filter(pages=F("pages")),
    "order by expression": lambda: Book.objects.order_by(Lower("title")),
    "order by a relation": lambda: Book.objects.order_by("author", "id"),
    "subquery": lambda: BOOKS.filter(author__in=Author.objects.all()),
    "annotation": lambda: BOOKS.annotate(one=Value(1)),
    "extra": lambda: BOOKS.extra(where=["pages > 0"]),
    "distinct": lambda: BOOKS.distinct(),
    "union": lambda: Book.objects.filter(pages=100).union(Book.objects.filter(pages=101)),
    "select_related": lambda: BOOKS.select_related("author"),
    "prefetch": lambda: BOOKS.prefetch_related("tags"),
    "prefetch to": lambda: BOOKS.prefetch_related(Prefetch("tags", Tag.objects.none(), "none")),
    "only": lambda: BOOKS.only("id", "title"),
    "defer": lambda: BOOKS.defer("note"),
    "none": lambda: BOOKS.none(),
    "nothing": lambda: BOOKS.filter(pages__in=[]),
    "sliced": lambda: BOOKS[:2],
    "negated join": lambda: BOOKS.exclude(tags__label="x"),
    "filtered": lambda: BOOKS.alias(
        named=models.FilteredRelation("author", condition=Q(author__name="Ada"))
    ).filter(named__name="Ada"),
    "own class": lambda: Own(Book).order_by("id"),
    "own constructor": lambda: OwnInit(Book).order_by("id"),
}


@pytest.mark.parametrize("name", COMPILED)
def test_what_is_compiled_answers_the_same(mode: Mode, name: str) -> None:
    keys = [book.pk for book in fill()]
    service = serving(AsyncBooks, queryset=COMPILED[name]())
    assert FreshQuerySet(COMPILED[name]()).statement() is not None
    assert FreshQuerySet(COMPILED[name]()).statement_by_key("pk") is not None
    assert answers(mode, service, keys) == answers(mode, by_instances(service), keys)


@pytest.mark.parametrize("name", ASIDE)
def test_what_is_not_answers_the_same(mode: Mode, name: str) -> None:
    keys = [book.pk for book in fill()]
    service = serving(AsyncBooks, queryset=ASIDE[name]())
    assert FreshQuerySet(ASIDE[name]()).statement() is None
    assert FreshQuerySet(ASIDE[name]()).statement_by_key("pk") is None
    assert answers(mode, service, keys) == answers(mode, by_instances(service), keys)


def test_locks_are_for_django_to_take() -> None:
    locked = FreshQuerySet(Book.objects.select_for_update())
    assert (locked.statement(), locked.statement_by_key("pk")) == (None, None)
    assert FreshQuerySet(Book.objects.values()).statement() is None
    assert FreshQuerySet(Book.objects.values_list("id")).statement() is None


def test_the_current_time_zone_is_not_compiled_in(mode: Mode) -> None:
    """A queryset over days means other rows in another zone."""
    fill(1)
    Book.objects.update(created=datetime(2026, 1, 1, 23, tzinfo=UTC))
    service = serving(AsyncBooks, queryset=BOOKS.filter(created__day=2))
    assert answers(mode, service, [])[0] == "[]"
    with override_settings(TIME_ZONE="Asia/Kathmandu"):
        assert "Book 0" in answers(mode, service, [])[0]


class Router:
    """Reads from where ``alias`` says."""

    alias = "default"

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return self.alias


def test_the_router_is_asked_in_each_call(mode: Mode, monkeypatch: Any) -> None:
    fill(1)
    router = Router()
    contract = Contract(serving(AsyncBooks, queryset=Book.objects.order_by("id")))
    with (
        override_settings(DATABASE_ROUTERS=[router]),
        serve(mode, contract.hook) as server,
        server.channel() as channel,
    ):
        stub = contract.stub(channel)
        assert len(stub.List().results) == 1
        monkeypatch.setattr(router, "alias", "nowhere")
        with pytest.raises(Exception, match="INTERNAL"):
            stub.List()
        with pytest.raises(Exception, match="INTERNAL"):
            stub.Retrieve(id=1)


def test_a_database_without_a_stock_compiler_is_left_to_django(monkeypatch: Any) -> None:
    from django.db import connection

    compiler = connection.ops.compiler("SQLCompiler")

    class Caching(compiler):  # type: ignore[misc, valid-type]
        def execute_sql(self, *args: Any, **kwargs: Any) -> Any:
            return super().execute_sql(*args, **kwargs)

    monkeypatch.setattr(type(connection.ops), "compiler", lambda self, name: Caching, raising=True)
    assert FreshQuerySet(Book.objects.all()).statement() is None


def test_instances_compile_each_time(mode: Mode) -> None:
    """What the other tests compare with is Django's own way."""
    fill(1)
    contract = Contract(by_instances(AsyncBooks))
    with serve(mode, contract.hook) as server, server.channel() as channel:
        stub = contract.stub(channel)
        stub.List()
        with compilations() as compiled:
            stub.List()
    assert len(compiled) == 1
