"""Which actions may be cached, and how they may be overridden."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from declared import stub_of
from django.core.cache import cache
from django_socio_grpc import mixins
from django_socio_grpc.concurrency import sync_twin
from django_socio_grpc.decorators import cache_endpoint, grpc_action, vary_on_metadata
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from reports import TEXT, AsyncReport, Report, SyncReport, runs, services


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    runs.clear()
    cache.clear()
    yield
    cache.clear()


def test_a_cached_untouched_action_stays_one_hop() -> None:
    decorators: list[Callable[..., Any]] = [cache_endpoint(300), vary_on_metadata("x-tenant")]
    handler = mixins.AsyncListModelMixin.List
    for decorator in decorators:
        handler = decorator(handler)
        assert sync_twin(handler) is not None
    assert handler.grpc_action is mixins.ListModelMixin.List.grpc_action  # type: ignore[attr-defined]


@services
def test_an_override_may_call_what_is_cached(mode: Mode, service: type[Service]) -> None:
    class Louder(SyncReport):
        def Read(self, request: Any, context: Any) -> Any:
            reply = super().Read(request, context)
            return self.pb.ReportReadResponse(text=reply.text.upper())

    class AsyncLouder(AsyncReport):
        async def Read(self, request: Any, context: Any) -> Any:
            reply = await super().Read(request, context)
            return self.pb.ReportReadResponse(text=reply.text.upper())

    louder = Louder if service is SyncReport else AsyncLouder
    with stub_of(mode, louder) as stub:
        assert [stub.Read(text="a").text for _ in range(2)] == ["A 1", "A 1"]


def test_streams_are_refused_when_they_are_decorated() -> None:
    message = r"@cache_endpoint is for actions with one request and one reply, and .*Stream has"
    for stream in (sync_stream, async_stream, mixins.AsyncStreamModelMixin.Stream):
        with pytest.raises(ValueError, match=message):
            cache_endpoint(300)(stream)
    with pytest.raises(ValueError, match="has a stream"):
        cache_endpoint(300)(grpc_action(request_stream=True)(lambda self, request, context: None))


def sync_Stream(self: Any, request: Any, context: Any) -> Any:
    yield


async def async_Stream(self: Any, request: Any, context: Any) -> Any:
    yield


sync_stream, async_stream = sync_Stream, async_Stream


def test_streams_are_refused_when_they_are_registered(mode: Mode) -> None:
    class Streams(Report):
        @grpc_action(request=TEXT, response=TEXT, response_stream=True)
        @cache_endpoint(300)
        def Write(self, request: Any, context: Any) -> Any:
            context.write(self.pb.ReportWriteResponse())

    refused = pytest.raises(ValueError, match=r"Streams\.Write has a stream")
    with refused as caught, stub_of(mode, Streams):
        raise AssertionError("it serves")
    assert isinstance(caught.value, ConfigurationError)
