"""Watch where all callers see the same rows: one query serves many, each sees what they may."""

from typing import Any

import pytest
from django_filters.rest_framework import DjangoFilterBackend  # type: ignore[import-untyped]
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from library.models import Tag
from rest_framework.permissions import BasePermission
from watching import AsyncTagService, TagService, Watch, serving, watch, with_attributes

pytestmark = pytest.mark.django_db(transaction=True)

services = pytest.mark.parametrize("service", [TagService, AsyncTagService])
WATCHERS = 50


def shared(service: type[Service], **attributes: Any) -> type[Service]:
    return with_attributes(service, watch_shared=True, **attributes)


def all_hear(watchings: list[Watch], event: tuple[Any, ...]) -> None:
    assert [watching.next() for watching in watchings] == [event] * len(watchings)


@services
def test_one_query_serves_many_watchers(mode: Mode, service: type[Service]) -> None:
    with serving(mode, shared(service), max_workers=WATCHERS + 2) as (running, stub):
        watchings = [watch(stub) for _ in range(WATCHERS)]
        tag = Tag.objects.create(label="first")
        all_hear(watchings, ("CREATED", tag.pk, "first"))
        with running.queries() as queries:
            tag.label = "second"
            tag.save()
            all_hear(watchings, ("UPDATED", tag.pk, "second"))
        assert 1 <= len(queries) < WATCHERS, "who hears of it late may find rows that are older"
        pk = tag.pk
        tag.delete()
        all_hear(watchings, ("DELETED", pk, None))


@services
def test_what_is_told_is_what_is_there(mode: Mode, service: type[Service]) -> None:
    """However fast the changes come, the last that each watcher hears is the last there was."""
    tag = Tag.objects.create(label="0")
    with serving(mode, shared(service)) as (_, stub):
        watchings = [watch(stub) for _ in range(5)]
        for number in range(1, 41):
            tag.label = str(number)
            tag.save()
        for watching in watchings:
            last = 0
            while last < 40:
                last, before = int(watching.next()[2]), last
                assert last >= before


@services
def test_without_it_each_watcher_asks(mode: Mode, service: type[Service]) -> None:
    tag = Tag.objects.create(label="x")
    filtered = shared(service, filter_backends=[DjangoFilterBackend], filterset_fields=["label"])
    for each in (service, filtered):
        with serving(mode, each) as (running, stub):
            watchings = [watch(stub) for _ in range(5)]
            with running.queries() as queries:
                tag.save()
                all_hear(watchings, ("UPDATED", tag.pk, "x"))
            assert len(queries) == 5


class OfOwner(BasePermission):
    """Notes in each object whose it is, as careless code does, and refuses those of others."""

    def has_object_permission(self, context: Any, service: Any, tag: Any) -> bool:
        caller = context.META.get("HTTP_X_NAME")
        tag.owner = getattr(tag, "owner", None) or caller
        return bool(tag.owner == caller and tag.label.startswith(caller))


@services
def test_permissions_are_asked_for_each_caller(mode: Mode, service: type[Service]) -> None:
    guarded = shared(service, permission_classes=[OfOwner])
    with serving(mode, guarded) as (_, stub):
        ada, bob = (
            watch(stub.options(metadata=[("x-name", name)], timeout=20)) for name in ("ada", "bob")
        )
        for number in range(5):
            mine = Tag.objects.create(label=f"ada {number}")
            theirs = Tag.objects.create(label=f"bob {number}")
            assert ada.next() == ("CREATED", mine.pk, mine.label)
            assert bob.next() == ("CREATED", theirs.pk, theirs.label)
