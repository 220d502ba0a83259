"""Whatever a service, a serializer or a model overrides is honoured, beside compiled queries.

The bases answer from compiled queries, without instances.
"""

from functools import partial
from typing import Any

import pytest
from columns import BookProtoSerializer, books, fill
from declared import Contract, code_of
from django_socio_grpc.exceptions import NotFound
from django_socio_grpc.permissions import GRPCActionBasePermission
from django_socio_grpc.proto_serializers import ListProtoSerializer
from django_socio_grpc.testing import Mode, serve
from grpc import StatusCode
from library.models import Book
from rest_framework.filters import BaseFilterBackend
from rest_framework.permissions import AllowAny, IsAuthenticated

pytestmark = pytest.mark.django_db(transaction=True)

SHOWN = "shown"


def shown(queryset: Any) -> Any:
    return queryset.filter(note="shown")


class OwnQuerySet:
    def get_queryset(self: Any) -> Any:
        return shown(Book.objects.order_by("id"))


class OwnAsyncQuerySet:
    async def aget_queryset(self: Any) -> Any:
        return shown(Book.objects.order_by("id"))


class OwnProperty:
    @property
    def queryset(self: Any) -> Any:
        return shown(Book.objects.order_by("id"))


class OwnFilter:
    def filter_queryset(self: Any, queryset: Any) -> Any:
        return shown(queryset)


class OwnAsyncFilter:
    async def afilter_queryset(self: Any, queryset: Any) -> Any:
        return shown(queryset)


class Shown(BaseFilterBackend):
    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        return shown(queryset)


class OwnBackends:
    filter_backends = [Shown]


class OwnBackendsOfACall:
    @property
    def filter_backends(self: Any) -> Any:
        return [Shown]


NARROWER = [
    OwnQuerySet,
    OwnAsyncQuerySet,
    OwnProperty,
    OwnFilter,
    OwnAsyncFilter,
    OwnBackends,
    OwnBackendsOfACall,
]


@books
@pytest.mark.parametrize("own", NARROWER)
def test_what_narrows_the_objects(mode: Mode, base: type[Any], own: type) -> None:
    visible, hidden, _ = fill()
    Book.objects.filter(pk=visible.pk).update(note=SHOWN)
    contract = Contract(type("Books", (own, base), {}))
    with serve(mode, contract.hook) as server, server.channel() as channel:
        stub = contract.stub(channel)
        assert [book.id for book in stub.List().results] == [visible.pk]
        assert [book.id for book in stub.Stream()] == [visible.pk]
        assert stub.Retrieve(id=visible.pk).id == visible.pk
        assert code_of(partial(stub.Retrieve, id=hidden.pk)) is StatusCode.NOT_FOUND


class OwnObject:
    def get_object(self: Any) -> Any:
        return super().get_object() if self.request.id else Book.objects.last()  # type: ignore[misc]


class OwnAsyncObject:
    async def aget_object(self: Any) -> Any:
        return await Book.objects.alast()


class OwnLookup:
    def get_lookup_value(self: Any) -> Any:
        return Book.objects.order_by("id").last().pk  # type: ignore[union-attr]


@books
@pytest.mark.parametrize("own", [OwnObject, OwnAsyncObject, OwnLookup])
def test_what_finds_the_object(mode: Mode, base: type[Any], own: type) -> None:
    *_, last = fill()
    contract = Contract(type("Books", (own, base), {}))
    with serve(mode, contract.hook) as server, server.channel() as channel:
        assert contract.stub(channel).Retrieve(id=0).id == last.pk


class OfTheShown(GRPCActionBasePermission):
    def has_object_permission(self, context: Any, service: Any, obj: Any) -> bool:
        return bool(obj.note == SHOWN)


class AsyncOfTheShown(GRPCActionBasePermission):
    async def has_object_permission(  # type: ignore[override]
        self, context: Any, service: Any, obj: Any
    ) -> bool:
        return bool(obj.note == SHOWN)


class OwnCheck:
    def check_object_permissions(self: Any, obj: Any) -> None:
        if obj.note != SHOWN:
            raise NotFound


class OwnAsyncCheck:
    async def acheck_object_permissions(self: Any, obj: Any) -> None:
        if obj.note != SHOWN:
            raise NotFound


class OwnPermissions:
    def get_permissions(self: Any) -> Any:
        return [OfTheShown()]


def guarded(*classes: Any) -> type:
    return type("Guarded", (), {"permission_classes": list(classes)})


@books
@pytest.mark.parametrize(
    "own",
    [
        guarded(OfTheShown),
        guarded(AsyncOfTheShown),
        guarded(GRPCActionBasePermission, OfTheShown),
        guarded(OfTheShown | IsAuthenticated),
        guarded(AllowAny & OfTheShown),
        OwnCheck,
        OwnAsyncCheck,
        OwnPermissions,
    ],
)
def test_who_may_see_the_object(mode: Mode, base: type[Any], own: type) -> None:
    visible, hidden, _ = fill()
    Book.objects.filter(pk=visible.pk).update(note=SHOWN)
    contract = Contract(type("Books", (own, base), {}))
    with serve(mode, contract.hook) as server, server.channel() as channel:
        stub = contract.stub(channel)
        assert stub.Retrieve(id=visible.pk).id == visible.pk
        assert code_of(partial(stub.Retrieve, id=hidden.pk)) in {
            StatusCode.PERMISSION_DENIED,
            StatusCode.NOT_FOUND,
        }


class MarkingProtoSerializer(BookProtoSerializer):
    def to_representation(self, instance: Any) -> Any:
        assert isinstance(instance, Book)
        return {**super().to_representation(instance), "title": "marked"}


class MessageProtoSerializer(BookProtoSerializer):
    """Its message is marked, and those of its lists."""

    class Lists(ListProtoSerializer):
        @property
        def message(self) -> Any:
            found = super().message
            for each in found.results:
                each.title = "marked"
            return found

    class Meta(BookProtoSerializer.Meta):
        list_serializer_class: Any = None

    Meta.list_serializer_class = Lists

    @property
    def message(self) -> Any:
        found = super().message
        found.title = "marked"
        return found


class OwnSerializerClass:
    serializer_class = MarkingProtoSerializer


class OwnSerializerOfACall:
    def get_serializer_class(self: Any) -> Any:
        return MarkingProtoSerializer


class OwnMessage:
    serializer_class = MessageProtoSerializer


class OwnSerializer:
    def get_serializer(self: Any, *args: Any, **kwargs: Any) -> Any:
        made = super().get_serializer(*args, **kwargs)  # type: ignore[misc]
        for each in [args[0]] if isinstance(args[0], Book) else args[0]:
            each.title = "marked"
        return made


class OwnAsyncSerializer:
    async def aget_serializer(self: Any, *args: Any, **kwargs: Any) -> Any:
        made = await super().aget_serializer(*args, **kwargs)  # type: ignore[misc]
        marked = Book(title="marked")
        made.instance = marked if isinstance(args[0], Book) else [marked]
        return made


def marks(mode: Mode, service: type[Any]) -> dict[str, str]:
    (book,) = fill(1)
    contract = Contract(service)
    with serve(mode, contract.hook) as server, server.channel() as channel:
        stub = contract.stub(channel)
        return {
            "Retrieve": stub.Retrieve(id=book.pk).title,
            "List": stub.List().results[0].title,
            "Stream": next(stub.Stream()).title,
        }


@books
@pytest.mark.parametrize(
    "own",
    [OwnSerializerClass, OwnSerializerOfACall, OwnMessage, OwnSerializer, OwnAsyncSerializer],
)
def test_what_represents_the_object(mode: Mode, base: type[Any], own: type) -> None:
    found = marks(mode, type("Books", (own, base), {}))
    assert set(found.values()) == {"marked"}
