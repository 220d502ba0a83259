"""Models and services whose instances are more than their rows, and keys of every kind."""

from functools import partial
from typing import Any
from unittest import mock

import pytest
from columns import (
    AsyncBooks,
    BookProtoSerializer,
    answer,
    answers,
    books,
    by_instances,
    fill,
    serving,
)
from declared import Contract, stub_of
from django.db.models.signals import post_init
from django_socio_grpc import mixins
from django_socio_grpc.calls.binding import bind_serializers
from django_socio_grpc.generics import GenericService
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.queries import FreshQuerySet
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from library.models import Book
from rest_framework.pagination import PageNumberPagination
from servicers import add_servicer

pytestmark = pytest.mark.django_db(transaction=True)


class FromRows(Book):
    @classmethod
    def from_db(cls, db: Any, field_names: Any, values: Any, **kwargs: Any) -> Any:
        instance = super().from_db(db, field_names, values, **kwargs)
        instance.title = "marked"
        return instance

    class Meta:
        proxy = True
        app_label = "library"


class Constructed(Book):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "marked"

    class Meta:
        proxy = True
        app_label = "library"


class Setting(Book):
    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, "marked" if name == "title" else value)

    class Meta:
        proxy = True
        app_label = "library"


class Heard(Book):
    """Somebody listens to when an instance is made."""

    class Meta:
        proxy = True
        app_label = "library"


class Told(Book):
    """One of its columns is a property."""

    class Meta:
        proxy = True
        app_label = "library"


Told.title = property(lambda self: "marked", lambda self, value: None)  # type: ignore[assignment]


def _mark(instance: Any, **_: Any) -> None:
    instance.title = "marked"


def service_of(base: type[Any], model: Any) -> Any:
    meta = type("Meta", (), {"model": model, "fields": ["id", "title"]})
    serializer = type("BookProtoSerializer", (ModelProtoSerializer,), {"Meta": meta})
    return serving(base, queryset=model.objects.order_by("id"), serializer_class=serializer)


@books
@pytest.mark.parametrize("model", [FromRows, Constructed, Setting, Heard, Told])
def test_instances_that_are_more_than_their_rows(mode: Mode, base: type[Any], model: Any) -> None:
    (book,) = fill(1)
    post_init.connect(_mark, sender=Heard)
    try:
        rows, streamed, retrieved = answers(mode, service_of(base, model), [book.pk])
    finally:
        post_init.disconnect(_mark, sender=Heard)
    assert "marked" in rows
    assert "marked" in streamed
    assert "marked" in retrieved


class TwoPerPage(PageNumberPagination):
    page_size = 2


def test_pages_are_pages(mode: Mode) -> None:
    fill(3)
    rows, streamed = answers(mode, serving(AsyncBooks, pagination_class=TwoPerPage), [])
    assert "Book 1" in rows
    assert "Book 2" not in rows + streamed


@books
def test_the_queryset_that_the_servicer_is_given(mode: Mode, base: type[Any]) -> None:
    *_, last = fill()
    contract = Contract(base)
    bind_serializers(base, contract.file)  # there is no app whose contract would tell

    def hook(server: Any) -> None:
        one = Book.objects.filter(pk=last.pk)
        add_servicer(contract, base.as_servicer(queryset=one), server)

    with serve(mode, hook) as server, server.channel() as channel:
        stub = contract.stub(channel)
        assert [book.id for book in stub.List().results] == [last.pk]
        assert [book.id for book in stub.Stream()] == [last.pk]


def test_a_patch_of_a_hook_is_seen_after_the_first_call(mode: Mode) -> None:
    (book,) = fill(1)
    contract = Contract(AsyncBooks)
    with serve(mode, contract.hook) as server, server.channel() as channel:
        stub = contract.stub(channel)
        assert len(stub.List().results) == 1
        assert stub.Retrieve(id=book.pk).id == book.pk
        nothing = mock.Mock(return_value=Book.objects.none())
        with mock.patch.object(GenericService, "get_queryset", nothing):
            assert len(stub.List().results) == 0
            assert list(stub.Stream()) == []
        with mock.patch.object(AsyncBooks, "queryset", Book.objects.none()):
            assert len(stub.List().results) == 0
        assert len(stub.List().results) == 1


KEYS: dict[str, list[Any]] = {
    "id": [-1, 0, 2**62],
    "isbn": ["no uuid", "", "00000000-0000-0000-0000-000000000001"],
    "title": ["Book 1", "", "100%", "%s", "x" * 300, "a'b", 'a"b'],
    "pages": [100, 2**31 - 1, -1],
    "price": ["0.25", "0.250", "x", "NaN", "1e5"],
    "available": [True, False],
    "created": ["2026-01-01T12:00:00Z", "yesterday"],
    "author": [0, 1],
    "author__name": ["Ada", "Bob", ""],
    "author__pk": [0, 1],
}


@pytest.mark.parametrize("field", KEYS)
def test_keys_of_every_kind(mode: Mode, field: str) -> None:
    """The same objects are found, and the same errors are answered, several objects among them."""
    fill(2)
    service = serving(AsyncBooks, lookup_field=field, lookup_request_field="key")
    Book.objects.filter(title="Book 1").update(created="2026-01-01T12:00:00Z")

    def found(each: Any) -> list[Any]:
        with stub_of(mode, each) as stub:
            return [answer(partial(stub.Retrieve, key=key)) for key in KEYS[field]]

    assert found(service) == found(by_instances(service))


@pytest.mark.parametrize("value", [2**70, -(2**70), "none"])
def test_a_key_that_no_column_can_hold(value: Any) -> None:
    """A database would take it for an error."""
    statement = FreshQuerySet(Book.objects.all()).statement_by_key("pk")
    assert statement is not None
    with pytest.raises((Book.DoesNotExist, ValueError)):
        statement.row(value)


class FewMethods(mixins.ListModelMixin, mixins.RetrieveModelMixin, Service):
    """It is no GenericService, and has what these actions call."""

    service_name = "Book"

    def get_queryset(self) -> Any:
        return Book.objects.order_by("id")

    def filter_queryset(self, queryset: Any) -> Any:
        return queryset

    def paginate_queryset(self, queryset: Any) -> Any:
        return None

    def get_object(self) -> Any:
        return Book.objects.get(pk=self.request.id)

    def get_serializer_class(self) -> Any:
        return BookProtoSerializer

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        return BookProtoSerializer(*args, **kwargs)

    def get_lookup_fields(self) -> Any:
        return [{"name": "id", "type": "int64"}]


def test_the_mixins_alone(mode: Mode) -> None:
    (book,) = fill(1)
    with stub_of(mode, FewMethods) as stub:
        assert [found.id for found in stub.List().results] == [book.pk]
        assert stub.Retrieve(id=book.pk).title == "Book 0"
