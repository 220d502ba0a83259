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
    TagCachedSerializer,
    backend,
)
from declared import stub_of
from django.core.cache import cache
from django.db import transaction
from django.db.models.signals import m2m_changed
from django.dispatch import Signal
from django.test import override_settings
from django_socio_grpc import generics
from django_socio_grpc.caching.groups import Group
from django_socio_grpc.decorators import (
    cache_endpoint,
    cache_endpoint_with_deleter,
    grpc_action,
    vary_on_metadata,
)
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.protobuf.generation_plugin import ListGenerationPlugin
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from library.models import Author, Tag

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


services = pytest.mark.parametrize("service", [SyncTagService, AsyncTagService])


def labels(stub: Any) -> list[str]:
    return [tag.label for tag in stub.options(timeout=10).List().results]


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


def with_list(decorator: Any, name: str = "Library") -> type[Service]:
    """A service with an action List that this decorates."""

    def List(self: Any, request: Any, context: Any) -> Any:
        return generics.ModelService.List(self, request, context)

    own = {"queryset": Tag.objects.order_by("id"), "serializer_class": TagCachedSerializer}
    return type(f"{name}Service", (generics.ModelService,), {**own, "List": decorator(List)})


@pytest.mark.parametrize("senders", [Author, (Author,), [Tag, Author], "library.Author"])
def test_senders(mode: Mode, senders: Any) -> None:
    service = with_list(cache_endpoint_with_deleter(300, senders=senders))
    with stub_of(mode, service) as stub:
        assert labels(stub) == []
        Tag.objects.bulk_create([Tag(label="one")])
        assert labels(stub) == []
        Author.objects.create(name="Ada")
        assert labels(stub) == ["one"]


def test_signals(mode: Mode) -> None:
    own = Signal()
    decorator = cache_endpoint_with_deleter(300, invalidator_signals=(own, m2m_changed))
    with stub_of(mode, with_list(decorator, name="Signals")) as stub:
        assert labels(stub) == []
        Tag.objects.create(label="one")
        assert labels(stub) == []
        own.send(Tag)
        assert labels(stub) == ["one"]


def test_actions_of_one_prefix_end_together_and_others_do_not(mode: Mode) -> None:
    class Shelf(Service):
        pb: Any
        runs = 0

        @grpc_action(response=[{"name": "runs", "type": "int32"}])
        @cache_endpoint_with_deleter(300, key_prefix="shelf", senders=Author)
        def One(self, request: Any, context: Any) -> Any:
            return self.pb.ShelfOneResponse(runs=self.count())

        @grpc_action(response=[{"name": "runs", "type": "int32"}])
        @cache_endpoint_with_deleter(300, key_prefix="shelf", senders=())
        def Two(self, request: Any, context: Any) -> Any:
            return self.pb.ShelfTwoResponse(runs=self.count())

        @grpc_action(response=[{"name": "runs", "type": "int32"}])
        @cache_endpoint_with_deleter(300, key_prefix="shelf[1]", senders=Tag)
        def Three(self, request: Any, context: Any) -> Any:
            return self.pb.ShelfThreeResponse(runs=self.count())

        @classmethod
        def count(cls) -> int:
            cls.runs += 1
            return cls.runs

    with stub_of(mode, Shelf) as stub:
        assert [stub.One().runs, stub.Two().runs, stub.Three().runs] == [1, 2, 3]
        Author.objects.create(name="Ada")
        assert [stub.One().runs, stub.Two().runs, stub.Three().runs] == [4, 5, 3]


def test_a_service_without_a_model_names_its_senders(mode: Mode) -> None:
    class Nothing(Service):
        @grpc_action()
        @cache_endpoint_with_deleter(300)
        def Ask(self, request: Any, context: Any) -> Any: ...

    with pytest.raises(ConfigurationError, match="as 'senders'"), stub_of(mode, Nothing):
        raise AssertionError("it serves")


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


def test_services_of_one_base_end_each_by_its_own_model(mode: Mode) -> None:
    class AuthorSerializer(ModelProtoSerializer):
        class Meta:
            model = Author
            fields = ["id", "name"]

    class Base(generics.ListCreateService):
        runs = 0

        @cache_endpoint_with_deleter(300)
        def List(self, request: Any, context: Any) -> Any:
            Base.runs += 1
            return super().List(request, context)

    class TagsService(Base):
        queryset = Tag.objects.order_by("id")
        serializer_class = TagCachedSerializer

    class AuthorsService(Base):
        queryset = Author.objects.order_by("id")
        serializer_class = AuthorSerializer

    with stub_of(mode, TagsService, AuthorsService) as stub:
        stub.List()
        Author.objects.create(name="Ada")
        stub.List()
        assert Base.runs == 1
        Tag.objects.create(label="one")
        stub.List()
        assert Base.runs == 2


class DocumentedService(generics.AsyncModelService):
    """The examples of the documented API, word for word but for the names of the models."""

    queryset = Tag.objects.all().order_by("id")
    serializer_class = TagCachedSerializer

    @grpc_action(
        request=[],
        response=TagCachedSerializer,
        use_generation_plugins=[
            ListGenerationPlugin(response=True),
        ],
    )
    @cache_endpoint_with_deleter(
        300,
        key_prefix="Tag",
        cache="TagCache",
        senders=(Tag,),
    )
    async def List(self, request, context):  # type: ignore[no-untyped-def]
        return await super().List(request, context)


class DocumentedVariedService(generics.AsyncModelService):
    queryset = Tag.objects.all().order_by("id")
    serializer_class = TagCachedSerializer

    @grpc_action(
        request=[],
        response=TagCachedSerializer,
        use_generation_plugins=[
            ListGenerationPlugin(response=True),
        ],
    )
    @cache_endpoint(300)
    @vary_on_metadata("custom-metadata", "another-metadata")
    async def List(self, request, context):  # type: ignore[no-untyped-def]
        return await super().List(request, context)


def test_the_documented_example_of_the_deleter(mode: Mode) -> None:
    settings = {"TagCache": {**backend(PatternCache)["default"], "LOCATION": mode}}
    with (
        override_settings(CACHES={**backend(BrokenCache), **settings}),
        stub_of(mode, DocumentedService) as stub,
    ):
        assert labels(stub) == []
        Tag.objects.bulk_create([Tag(label="one")])
        assert labels(stub) == []
        stub.Create(label="two")
        assert labels(stub) == ["one", "two"]


def test_the_documented_example_of_metadata(mode: Mode) -> None:
    with stub_of(mode, DocumentedVariedService) as stub:
        assert labels(stub) == []
        Tag.objects.create(label="one")
        assert labels(stub) == []
        assert labels(stub.options(metadata=[("custom-metadata", "1")])) == ["one"]
