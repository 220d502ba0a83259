"""Which actions a decorator of Django's views may stand around."""

from collections.abc import Iterator
from typing import Any

import pytest
from declared import stub_of
from django.core.cache import cache
from django.views.decorators.cache import never_cache
from django_socio_grpc import mixins
from django_socio_grpc.concurrency import sync_twin
from django_socio_grpc.decorators import grpc_action, http_to_grpc
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from library.models import Tag
from views import FORMS, TEXT, noted, seen


@pytest.fixture(autouse=True)
def _nothing_seen() -> Iterator[None]:
    seen.clear()
    cache.clear()
    yield
    cache.clear()


def test_the_order_with_grpc_action_is_free(mode: Mode) -> None:
    class AboveService(Service):
        service_name = "Above"
        pb: Any

        @http_to_grpc(noted)
        @grpc_action(request=TEXT, response=TEXT)
        def Say(self, request: Any, context: Any) -> Any:
            """Say it."""
            return self.pb.AboveSayResponse(text=request.text)

    assert AboveService.Say.__doc__ == "Say it."
    with stub_of(mode, AboveService) as stub:
        assert stub.Say(text="a").text == "a"
    assert seen


def test_an_override_may_give_another_request(mode: Mode) -> None:
    class Base(Service):
        service_name = "Given"
        pb: Any

        @grpc_action(request=TEXT, response=TEXT)
        @http_to_grpc(noted)
        def Say(self, request: Any, context: Any) -> Any:
            return self.pb.GivenSayResponse(text=request.text)

    class Louder(Base):
        def Say(self, request: Any, context: Any) -> Any:
            return super().Say(self.pb.GivenSayRequest(text=request.text.upper()), context)

    with stub_of(mode, Louder) as stub:
        assert stub.Say(text="a").text == "A"


def test_an_untouched_async_action_stays_one_hop() -> None:
    assert sync_twin(http_to_grpc(noted)(mixins.AsyncListModelMixin.List)) is not None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("support_async", [False, True])
def test_an_async_handler_may_query(mode: Mode, support_async: bool) -> None:
    Tag.objects.create(label="one")

    class CountService(Service):
        service_name = "Count"
        pb: Any

        @grpc_action(response=[{"name": "tags", "type": "int32"}])
        @http_to_grpc(never_cache, support_async=support_async)
        async def Tags(self, request: Any, context: Any) -> Any:
            return self.pb.CountTagsResponse(tags=await Tag.objects.acount())

    with stub_of(mode, CountService) as stub:
        assert stub.Tags().tags == 1


def test_streams_are_refused() -> None:
    with pytest.raises(ValueError, match=r"@http_to_grpc\(noted\) is for actions with one"):
        FORMS["of functions"](mixins.StreamModelMixin.Stream)


def test_streams_are_refused_when_they_are_registered(mode: Mode) -> None:
    class WriterService(Service):
        service_name = "Writer"

        @grpc_action(request=TEXT, response=TEXT, request_stream=True)
        @http_to_grpc(noted)
        def Read(self, request: Any, context: Any) -> Any: ...

    refused = pytest.raises(ValueError, match=r"WriterService\.Read has a stream")
    with refused, stub_of(mode, WriterService):
        raise AssertionError("it serves")
