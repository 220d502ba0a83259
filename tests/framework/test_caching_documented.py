"""The documented examples of cached actions."""

from collections.abc import Iterator

import pytest
from cached import (
    BrokenCache,
    PatternCache,
    TagCachedSerializer,
    backend,
    labels,
)
from declared import stub_of
from django.core.cache import cache
from django.test import override_settings
from django_socio_grpc import generics
from django_socio_grpc.decorators import (
    cache_endpoint,
    cache_endpoint_with_deleter,
    grpc_action,
    vary_on_metadata,
)
from django_socio_grpc.protobuf.generation_plugin import ListGenerationPlugin
from django_socio_grpc.testing import Mode
from library.models import Tag

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


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
