"""Filter backends and ``filter_queryset`` in both colours, and what they read."""

from typing import Any

import grpc
import pytest
from declared import stub_of
from django.db.models import QuerySet
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from filtered import AsyncBooks, Books, SyncBooks, WrittenBooks, in_metadata, services, titles
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


class OnlyLong:
    async def filter_queryset(self, context: Any, queryset: QuerySet[Any], service: Any) -> Any:
        async for longest in queryset.order_by("-pages")[:1]:
            return queryset.filter(pages=longest.pages)
        return queryset


@services
def test_backends_of_both_colours_together(mode: Mode, service: Any) -> None:
    mixed = type(
        service.__name__, (service,), {"filter_backends": [OnlyLong, *Books.filter_backends]}
    )
    with stub_of(mode, mixed) as stub:
        assert titles(stub.List()) == ["apes"]
        assert titles(in_metadata(stub, title="ants").List()) == []


class SyncOverride(SyncBooks):
    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return super().filter_queryset(queryset).filter(title="bees")


class AsyncOverride(AsyncBooks):
    async def afilter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        assert await queryset.acount() == 3
        filtered: QuerySet[Any] = await super().afilter_queryset(queryset)
        return filtered.filter(title="bees")


class OverrideOfAsync(WrittenBooks):
    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return super().filter_queryset(queryset).filter(title="bees")


@pytest.mark.parametrize("service", [SyncOverride, AsyncOverride, OverrideOfAsync])
def test_who_overrides_the_one_has_overridden_both(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        assert titles(stub.List()) == ["bees"]


class Unawaited(AsyncOverride):
    async def List(self, request: Any, context: Any) -> Any:
        return self.filter_queryset(self.get_queryset())


def test_async_code_cannot_call_the_sync_one_of_an_async_override(
    mode: Mode, caplog: pytest.LogCaptureFixture
) -> None:
    with stub_of(mode, Unawaited) as stub, pytest.raises(grpc.RpcError) as caught:
        stub.List()
    assert caught.value.code() is StatusCode.INTERNAL
    assert "Write: await self.afilter_queryset(...)" in caplog.text


def test_parameters_as_code_reads_them(mode: Mode) -> None:
    seen: list[Any] = []

    class Nosy:
        def filter_queryset(self, context: Any, queryset: Any, service: Any) -> Any:
            params = context.query_params
            seen.append(
                [params.get("many"), params.getlist("many"), params["one"], params is context.GET]
            )
            seen.append(["none" in params, params.get("flag"), params.get("empty", "unset")])
            return queryset

    service = type("Books", (SyncBooks,), {"filter_backends": [Nosy]})
    with stub_of(mode, service) as stub:
        in_metadata(stub, many=[1, "b", 2.5], one=1.0, none=None, flag=False, empty=[]).List()
    assert seen == [
        ["1,b,2.5", ["1", "b", "2.5"], "1", True],
        [False, "false", "unset"],
    ]
