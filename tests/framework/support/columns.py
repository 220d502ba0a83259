"""Services of books whose rows need no instances, and what the same calls answer without."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import grpc
import pytest
from declared import Contract
from django.db.models.sql.compiler import SQLCompiler
from django_socio_grpc import generics, mixins
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.testing import Mode, serve
from library.models import Author, Book


class BookProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Book
        exclude = ["tags"]


class SyncBooks(
    generics.ReadOnlyModelService,
    mixins.StreamModelMixin,
):
    service_name = "Book"
    queryset: Any = Book.objects.order_by("id")
    serializer_class = BookProtoSerializer
    pb: Any


class AsyncBooks(generics.AsyncReadOnlyModelService, mixins.AsyncStreamModelMixin):
    service_name = "Book"
    queryset: Any = Book.objects.order_by("id")
    serializer_class = BookProtoSerializer
    pb: Any


books = pytest.mark.parametrize("base", [SyncBooks, AsyncBooks])


def serving(base: type[Any], **attributes: Any) -> type[Any]:
    return type("Books", (base,), attributes)


def by_instances(service: type[Any]) -> type[Any]:
    """The same service, for all of whose queries Django makes instances."""

    class Own(service):  # type: ignore[misc]
        def get_queryset(self) -> Any:
            queryset = super().get_queryset()
            cls = type(queryset)
            # One with a method of its own is never compiled.
            queryset.__class__ = type("Own", (cls,), {"iterator": _own(cls.iterator)})
            return queryset

    return Own


def _own(method: Any) -> Any:
    return lambda self, *args, **kwargs: method(self, *args, **kwargs)


def fill(count: int = 3) -> list[Book]:
    """Make books with a value in every column, the first with null wherever it may be."""
    author = Author.objects.create(name="Ada", born=date(1815, 12, 10))
    return [
        Book.objects.create(
            title=f"Book {number}",
            author=author,
            isbn=UUID(int=number),
            pages=100 + number,
            price=Decimal(number) / 4,
            rating=None if number == 0 else number / 3,
            available=bool(number % 2),
            published=None if number == 0 else date(2026, 1, 1 + number),
            opens_at=None if number == 0 else time(9, number, 0, number),
            loan_time=None if number == 0 else timedelta(days=number, microseconds=1),
            extra={"number": number, "list": [None, "ü"]},
            cover=bytes([number, 255]),
            note=None if number == 0 else "not\u00e9 \x7f",
        )
        for number in range(count)
    ]


def stamped() -> None:
    """Let each book have been created at a time of its own."""
    for book in Book.objects.all():
        moment = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(microseconds=book.pk % 2)
        Book.objects.filter(pk=book.pk).update(created=moment)


def answers(mode: Mode, service: type[Any], keys: list[Any]) -> list[Any]:
    """What each action answers, Retrieve for each of ``keys``: messages, or status and details.

    Each is called twice, and has to answer the same again.
    """
    with serve(mode, Contract(service).hook) as server, server.channel() as channel:
        stub = Contract(service).stub(channel)
        calls: list[Callable[[], Any]] = [
            lambda: list(stub.List().results),
            lambda: list(stub.Stream()),
            *(lambda key=key: stub.Retrieve(id=key) for key in keys),
        ]
        first, second = ([answer(call) for call in calls] for _ in range(2))
        assert first == second
        return first


def answer(call: Callable[[], Any]) -> Any:
    try:
        return str(call())
    except grpc.RpcError as error:
        code = error.code()
        return code, "" if code is grpc.StatusCode.INTERNAL else error.details()


@contextmanager
def compilations() -> Iterator[list[str]]:
    """Yield the SQL that Django compiles in the block."""
    found: list[str] = []
    original = SQLCompiler.as_sql

    def as_sql(self: Any, *args: Any, **kwargs: Any) -> Any:
        sql, params = original(self, *args, **kwargs)
        found.append(sql)
        return sql, params

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQLCompiler, "as_sql", as_sql)
        yield found
