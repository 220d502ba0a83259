"""``cache_endpoint_with_deleter``: replies that end when a model changes."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from cached import (
    AsyncTagService,
    BrokenCache,
    PatternCache,
    SyncTagService,
    backend,
    labels,
    with_list,
)
from declared import stub_of
from django.core.cache import cache
from django.db import transaction
from django.test import override_settings
from django_socio_grpc import generics
from django_socio_grpc.caching.groups import Group
from django_socio_grpc.decorators import (
    cache_endpoint_with_deleter,
)
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from library.models import Tag

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


services = pytest.mark.parametrize("service", [SyncTagService, AsyncTagService])


@services
def test_a_change_of_the_service_s_model_ends_the_replies(
    mode: Mode, service: type[Service]
) -> None:
    tag = Tag.objects.create(label="one")
    with stub_of(mode, service) as stub:
        assert labels(stub) == ["one"]
        Tag.objects.filter(pk=tag.pk).update(label="unseen")  # no signal tells of it
        assert labels(stub) == ["one"]
        stub.Create(label="two")
        assert labels(stub) == ["unseen", "two"]
        tag.refresh_from_db()
        tag.label = "three"
        tag.save()
        assert labels(stub) == ["three", "two"]
        stub.Destroy(id=tag.pk)
        assert labels(stub) == ["two"]


@services
def test_entries_of_others_stay(mode: Mode, service: type[Service]) -> None:
    """Regression: where there is no ``delete_pattern``, the whole cache was cleared."""
    cache.set("others", "stay", None)
    with stub_of(mode, service) as stub:
        labels(stub)
        stub.Create(label="two")
        assert labels(stub) == ["two"]
    assert cache.get("others") == "stay"


@services
def test_a_reply_of_what_was_there_before_the_change_does_not_come_back(
    mode: Mode, service: type[Service]
) -> None:
    """It is read before the change, and kept after it."""
    read, changed = threading.Event(), threading.Event()

    class Slow(SyncTagService):
        @cache_endpoint_with_deleter(300)
        def List(self, request: Any, context: Any) -> Any:
            message = generics.ModelService.List(self, request, context)
            read.set()
            assert changed.wait(10)
            return message

    with stub_of(mode, Slow) as stub:
        old = stub.method("List").future(stub.pb.TagCachedListRequest(), timeout=20)
        assert read.wait(10)
        Tag.objects.create(label="new")
        changed.set()
        assert [tag.label for tag in old.result().results] == []
        assert labels(stub) == ["new"]


@services
def test_what_is_kept_before_a_commit_ends_with_it(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        with transaction.atomic():
            Tag.objects.create(label="new")
            assert labels(stub) == []
        assert labels(stub) == ["new"]


@services
def test_within_the_transaction_the_replies_have_ended_as_well(
    mode: Mode, service: type[Service]
) -> None:
    """As a ``TestCase`` has it, whose transaction is never committed."""
    with stub_of(mode, service) as stub:
        labels(stub)
        before = version_of(service)
        with suppress(ValueError), transaction.atomic():
            Tag.objects.create(label="new")
            during = version_of(service)
            raise ValueError
    assert None not in {before, during}
    assert before != during
    assert version_of(service) == during


def version_of(service: type[Service]) -> Any:
    return cache.get(Group(prefix=f"{service.__name__}-List", alias="default").version_key)


def test_a_cache_that_deletes_by_pattern_frees_the_memory(mode: Mode) -> None:
    service = with_list(cache_endpoint_with_deleter(300, key_prefix="a[b]*"), name="Pattern")
    with override_settings(CACHES=backend(PatternCache)), stub_of(mode, service) as stub:
        PatternCache.patterns.clear()
        stub.Create(label="one")
        assert labels(stub) == ["one"]
    assert "a\\[b\\]\\*:*" in PatternCache.patterns


def test_a_change_goes_on_when_the_cache_is_down(
    mode: Mode, caplog: pytest.LogCaptureFixture
) -> None:
    service = with_list(cache_endpoint_with_deleter(300), name="Down")
    with override_settings(CACHES=backend(BrokenCache)), stub_of(mode, service) as stub:
        assert stub.Create(label="one").label == "one"
        assert labels(stub) == ["one"]
    assert "The cache 'default' failed: replies of 'DownService-List' may be stale." in caplog.text
