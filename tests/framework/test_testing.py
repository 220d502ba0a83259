"""``testing.serve``: a real server for a block, and nothing left of it after the block."""

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from declared import Contract
from django.db import connection
from django.test import override_settings
from django_socio_grpc import generics
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.testing import Mode, serve
from grpc import StatusCode
from library.models import Tag

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


class TagSerializer(ModelProtoSerializer):
    class Meta:
        model = Tag
        fields = ["id", "label"]


class Tags(generics.GenericService):
    service_name = "Tag"
    queryset = Tag.objects.order_by("id")
    serializer_class = TagSerializer
    pb: Any


class SyncTagService(Tags, generics.ModelService):
    @grpc_action(response=TEXT, response_stream=True)
    def Names(self, request: Any, context: Any) -> Iterator[Any]:
        for tag in Tag.objects.all():
            yield self.pb.TagNamesResponse(text=tag.label)
        while True:
            yield self.pb.TagNamesResponse(text="and so on")
            time.sleep(0.01)


class AsyncTagService(Tags, generics.AsyncModelService):
    @grpc_action(response=TEXT, response_stream=True)
    async def Names(self, request: Any, context: Any) -> Any:
        async for tag in Tag.objects.all():
            yield self.pb.TagNamesResponse(text=tag.label)
        yield self.pb.TagNamesResponse(text=await asyncio.to_thread(_first_label))
        while True:
            yield self.pb.TagNamesResponse(text="and so on")
            await asyncio.sleep(0.01)


def _first_label() -> str:
    return str(Tag.objects.earliest("id").label)


services = pytest.mark.parametrize("service", [SyncTagService, AsyncTagService])


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """After each test here there is no thread and no database connection that was not before."""
    aio = grpc_settings.GRPC_ASYNC
    threads, connections = set(threading.enumerate()), _connections()
    yield
    assert aio == grpc_settings.GRPC_ASYNC
    deadline = time.monotonic() + 5
    while _is_left(threads, connections) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [t.name for t in threading.enumerate() if _is_ours(t) and t not in threads] == []
    assert _connections() <= connections


def _is_left(threads: set[threading.Thread], connections: int) -> bool:
    return _connections() > connections or any(
        _is_ours(thread) and thread not in threads for thread in threading.enumerate()
    )


def _is_ours(thread: threading.Thread) -> bool:
    """And not one that grpc itself keeps for all of its channels, in the test's own process."""
    return thread.name.startswith(("grpc-", "asyncio_")) and thread.name != "grpc-default"


def _connections() -> int:
    """Open connections to the test database; those of SQLite end with their threads."""
    if connection.vendor != "postgresql" or connection.connection is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        count: int = cursor.fetchone()[0]
    return count


def use(mode: Mode, service: type[Tags]) -> None:
    """Serve and call, so that each kind of thread has been at work; a stream stays open."""
    contract = Contract(service)
    with serve(mode, contract.hook) as running, running.channel() as channel:
        stub = contract.stub(channel)
        stub.Create(label="novel")
        names = stub.Names()
        assert next(names).text == "novel"
        assert next(names).text in {"novel", "and so on"}
        raise Interrupted


class Interrupted(Exception):
    pass


@services
@pytest.mark.django_db(transaction=True)
def test_a_block_that_raises_leaves_nothing(mode: Mode, service: type[Tags]) -> None:
    with pytest.raises(Interrupted):
        use(mode, service)


@services
def test_a_start_that_fails_leaves_nothing(mode: Mode, service: type[Tags]) -> None:
    contract = Contract(service)

    def hook(server: Any) -> None:
        contract.hook(server)
        raise ConfigurationError("The second service is not right.")

    with pytest.raises(ConfigurationError), serve(mode, hook):
        raise AssertionError("it serves")


@services
def test_a_stop_in_the_block_leaves_nothing(mode: Mode, service: type[Tags]) -> None:
    contract = Contract(service)
    with serve(mode, contract.hook) as running, running.channel() as channel:
        running.stop(0)
        with pytest.raises(grpc.RpcError) as caught:
            contract.stub(channel).List()
        assert caught.value.code() is StatusCode.UNAVAILABLE


@pytest.mark.parametrize("before", [False, True])
def test_the_mode_is_the_servers_for_the_block(mode: Mode, before: bool) -> None:
    hook = Contract(SyncTagService).hook
    with override_settings(GRPC_FRAMEWORK={"GRPC_ASYNC": before}):
        with serve(mode, hook):
            assert grpc_settings.GRPC_ASYNC is (mode == "aio")
        assert grpc_settings.GRPC_ASYNC is before


def test_the_services_are_those_of_the_project_unless_a_hook_is_given(mode: Mode) -> None:
    contract = Contract(SyncTagService)
    with (
        override_settings(GRPC_FRAMEWORK={"ROOT_HANDLERS_HOOK": contract.hook}),
        serve(mode) as running,
    ):
        assert running.server.services == ["tests.TagController"]


def test_settings_of_the_server(mode: Mode) -> None:
    hook = Contract(SyncTagService).hook
    with serve(mode, hook, max_workers=3, grace=1.5) as running:
        assert running.server.config.max_workers == 3
        assert running.server.config.grace == 1.5
        assert running.mode == mode
        assert running.target == f"127.0.0.1:{running.server.port}"


def test_two_servers_at_once() -> None:
    contract = Contract(SyncTagService)
    with serve("aio", contract.hook) as one, serve("sync", contract.hook) as other:
        assert one.target != other.target
