"""Queries of concurrent calls run at once, on connections that are few, kept and looked after."""

import asyncio
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from declared import Contract, Stub
from django.db import connection, connections
from django.db.backends.signals import connection_created
from django.db.models import Func, QuerySet, TextField, Value
from django.test import override_settings
from django_socio_grpc import generics
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from grpc import StatusCode
from library.models import Tag

pytestmark = pytest.mark.django_db(transaction=True)
postgresql = pytest.mark.skipif(
    "postgresql" not in connection.settings_dict["ENGINE"],
    reason="SQLite has no server that could drop a connection: set DATABASE_URL to PostgreSQL",
)

ID: list[FieldDict] = [{"name": "id", "type": "int64"}]
LABEL: list[FieldDict] = [{"name": "label", "type": "string"}]
NAP = 0.3
CALLS = 8
IN_PARALLEL = 1.2
"""Seconds. One after the other the calls take 2.4."""


def slow_tags() -> QuerySet[Any]:
    """Tags that the database takes ``NAP`` seconds to find."""
    nap = Func(Value(NAP), function="pg_sleep", output_field=TextField())
    return Tag.objects.annotate(nap=nap)


class Connections:
    """The connections that are opened, and, on SQLite, PostgreSQL's ``pg_sleep`` for them."""

    def __init__(self) -> None:
        self.opened = 0
        self.wrappers: list[Any] = []
        self._lock = threading.Lock()

    def __call__(self, *, connection: Any, **_: Any) -> None:
        with self._lock:
            self.opened += 1
            self.wrappers.append(connection)
        if connection.vendor == "sqlite":
            connection.connection.create_function("pg_sleep", 1, time.sleep)

    def held(self) -> int:
        """How many are open, of those that are not this thread's."""
        others = {id(wrapper): wrapper for wrapper in self.wrappers}
        others.pop(id(connections["default"]), None)
        return sum(wrapper.connection is not None for wrapper in others.values())


@pytest.fixture(autouse=True)
def opened() -> Iterator[Connections]:
    receiver = Connections()
    connection_created.connect(receiver)
    yield receiver
    connection_created.disconnect(receiver)


class TagProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Tag
        fields = ["id", "label"]


class TagService(generics.GenericService):
    service_name = "Tag"
    queryset = Tag.objects.all()
    serializer_class = TagProtoSerializer
    pb: Any

    @grpc_action(request=ID, response=LABEL, response_name="TagLabel")
    def Find(self, request: Any, context: Any) -> Any:
        return self.pb.TagLabel(label=slow_tags().get(pk=request.id).label)

    @grpc_action(request=ID, response=LABEL, response_name="TagLabel")
    def Look(self, request: Any, context: Any) -> Any:
        return self.pb.TagLabel(label=Tag.objects.get(pk=request.id).label)

    @grpc_action(request=ID, response=LABEL, response_name="TagLabel", response_stream=True)
    def Watch(self, request: Any, context: Any) -> Any:
        while context.is_active():
            yield self.pb.TagLabel(label=Tag.objects.get(pk=request.id).label)
            time.sleep(0.05)


class AsyncTagService(TagService):
    """Django's async ORM."""

    async def Find(self, request: Any, context: Any) -> Any:
        tag = await slow_tags().aget(pk=request.id)
        return self.pb.TagLabel(label=tag.label)

    async def Look(self, request: Any, context: Any) -> Any:
        tag = await Tag.objects.aget(pk=request.id)
        return self.pb.TagLabel(label=tag.label)

    async def Watch(self, request: Any, context: Any) -> Any:
        while context.is_active():
            tag = await Tag.objects.aget(pk=request.id)
            yield self.pb.TagLabel(label=tag.label)
            await asyncio.sleep(0.05)


class ThreadTagService(TagService):
    """The sync ORM by ``asyncio.to_thread``."""

    async def Find(self, request: Any, context: Any) -> Any:
        tag = await asyncio.to_thread(slow_tags().get, pk=request.id)
        return self.pb.TagLabel(label=tag.label)

    async def Look(self, request: Any, context: Any) -> Any:
        tag = await asyncio.to_thread(Tag.objects.get, pk=request.id)
        return self.pb.TagLabel(label=tag.label)


class CrudTagService(generics.AsyncRetrieveService):
    """An async action that nobody has overridden."""

    service_name = "Tag"
    serializer_class = TagProtoSerializer

    def get_queryset(self) -> QuerySet[Any]:
        return slow_tags()


class HookTagService(generics.AsyncRetrieveService):
    """An async hook of an action that nobody has overridden."""

    service_name = "Tag"
    queryset = Tag.objects.all()
    serializer_class = TagProtoSerializer

    async def aget_object(self) -> Any:
        return await slow_tags().aget(pk=self.request.id)


SERVICES = [TagService, AsyncTagService, ThreadTagService, CrudTagService, HookTagService]


def call_at_once(stub: Stub, number: int) -> float:
    """Make ``number`` slow calls at once; return the seconds until the last is answered."""
    pk = Tag.objects.get_or_create(label="one")[0].pk
    call = getattr(
        stub.options(timeout=30), "Find" if hasattr(stub.pb, "TagLabel") else "Retrieve"
    )
    start = time.monotonic()
    with ThreadPoolExecutor(number) as clients:
        replies = list(clients.map(lambda _: call(id=pk), range(number)))
    assert {reply.label for reply in replies} == {"one"}
    return time.monotonic() - start


@pytest.mark.parametrize("service", SERVICES)
def test_queries_run_in_parallel(mode: Mode, service: type[Service]) -> None:
    contract = Contract(service)
    with serve(mode, contract.hook) as running, running.channel() as channel:
        assert call_at_once(contract.stub(channel), CALLS) < IN_PARALLEL


@override_settings(GRPC_FRAMEWORK={"MAX_SYNC_STREAMS": 1})
@pytest.mark.parametrize("service", SERVICES)
def test_connections_are_bounded_and_kept(
    mode: Mode, service: type[Service], opened: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "NAP", 0.05)
    contract = Contract(service)
    with serve(mode, contract.hook, max_workers=3) as running, running.channel() as channel:
        stub = contract.stub(channel)
        counts = [opened.opened]
        # A thread that has answered, and is not free yet, lets one more start, of a few.
        while len(counts) < 3 or (counts[-1] != counts[-2] and len(counts) < 8):
            call_at_once(stub, 20)
            counts.append(opened.opened)
        assert counts[-1] == counts[-2], "a connection outlives its call"
    assert counts[-1] - counts[0] <= 8


@pytest.mark.parametrize("service", SERVICES)
def test_connections_that_are_not_to_last_are_given_back_after_each_call(
    mode: Mode, service: type[Service], opened: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Django does after a request: a pool of connections would soon have none left."""
    monkeypatch.setattr(sys.modules[__name__], "NAP", 0.01)
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    contract = Contract(service)
    with serve(mode, contract.hook) as running, running.channel() as channel:
        call_at_once(contract.stub(channel), CALLS)
        deadline = time.monotonic() + 5
        while (held := opened.held()) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert opened.opened
        assert held == 0


@pytest.fixture(params=[True, False], ids=["health checks", "no health checks"])
def health_checks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    enabled: bool = request.param
    monkeypatch.setitem(connection.settings_dict, "CONN_HEALTH_CHECKS", enabled)
    return enabled


def drop_connections() -> None:
    """End all sessions of the database but this thread's, and wait until they have."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@postgresql
@pytest.mark.parametrize("service", [TagService, AsyncTagService, ThreadTagService])
def test_a_lost_connection_is_replaced(
    mode: Mode, service: type[Service], health_checks: bool
) -> None:
    tag = Tag.objects.create(label="one")
    contract = Contract(service)
    with serve(mode, contract.hook, max_workers=1) as running, running.channel() as channel:
        stub = contract.stub(channel)
        assert stub.Look(id=tag.pk).label == "one"
        time.sleep(0.1)  # the thread is free, and so the next call's, a moment after its answer
        drop_connections()
        # Whether Django is told to look or not: the server has taken its leave, which shows.
        assert stub.Look(id=tag.pk).label == "one"


@postgresql
def test_a_lost_connection_is_replaced_in_a_slot_that_is_never_idle(
    mode: Mode, health_checks: bool
) -> None:
    """An open stream shares the only slot with every other call."""
    tag = Tag.objects.create(label="one")
    contract = Contract(AsyncTagService)
    with serve(mode, contract.hook, max_workers=1) as running, running.channel() as channel:
        stub = contract.stub(channel)
        watching = stub.Watch(id=tag.pk)
        assert next(watching).label == "one"
        drop_connections()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                assert stub.Look(id=tag.pk).label == "one"
                break
            except grpc.RpcError as error:
                assert error.code() is StatusCode.UNAVAILABLE  # noqa: PT017
        else:
            pytest.fail("the connection is never replaced")
        watching.cancel()


@postgresql
def test_a_stopped_server_leaves_no_connection(mode: Mode) -> None:
    for service in (TagService, AsyncTagService, ThreadTagService):
        contract = Contract(service)
        with serve(mode, contract.hook) as running, running.channel() as channel:
            call_at_once(contract.stub(channel), 3)
    with connections["default"].cursor() as cursor:
        for _ in range(50):
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if (left := cursor.fetchone()[0]) == 0:
                break
            time.sleep(0.1)
    assert left == 0
