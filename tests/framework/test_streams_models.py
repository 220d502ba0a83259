"""Streams of a model: how far they are read, what they need, and how they end."""

import gc
import threading
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from declared import Contract, begun, stub_of
from django.db import connection
from django.db.models.query import QuerySet
from django_socio_grpc.generics import AsyncStreamService, StreamService
from django_socio_grpc.mixins import STREAM_CHUNK
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from example_models import Log

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 20.0


class LogProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Log
        fields = ["id", "message"]


fetched: list[int] = []


class CountingQuerySet(QuerySet[Any]):
    """Notes how far it is read."""

    def iterator(self, chunk_size: int | None = None) -> Iterator[Any]:
        for number, row in enumerate(super().iterator(chunk_size), 1):
            fetched.append(number)
            yield row


class SyncLogs(StreamService):
    service_name = "Log"
    queryset = CountingQuerySet(Log).order_by("id")
    serializer_class = LogProtoSerializer


class AsyncLogs(AsyncStreamService):
    service_name = "Log"
    queryset = CountingQuerySet(Log).order_by("id")
    serializer_class = LogProtoSerializer


class OwnAsyncLogs(AsyncLogs):
    """An override that awaits ``super()``'s."""

    async def Stream(self, request: Any, context: Any) -> Any:
        async for message in super().Stream(request, context):
            yield message


models = pytest.mark.parametrize("service", [SyncLogs, AsyncLogs, OwnAsyncLogs])
SMALL_WINDOW = [("grpc.http2.bdp_probe", 0)]
"""Options of a channel that holds 64 KB which nobody has read, and no more with time."""


@models
def test_a_model_stream_is_read_as_far_as_its_client_reads(
    mode: Mode, service: type[Service]
) -> None:
    """The public implementation fetches all rows, and makes all messages, before the first."""
    Log.objects.bulk_create(Log(message="x" * 1000, level="INFO") for _ in range(1500))
    fetched.clear()
    contract = Contract(service)
    with (
        serve(mode, contract.hook) as running,
        grpc.insecure_channel(running.target, SMALL_WINDOW) as channel,
    ):
        replies = contract.stub(channel).options(timeout=PATIENCE).Stream()
        next(replies)
        time.sleep(0.5)
        assert len(fetched) < 1000
        assert 1 + len(list(replies)) == 1500
    assert len(fetched) == 1500


@models
def test_a_model_stream_needs_constant_memory(mode: Mode, service: type[Service]) -> None:
    Log.objects.bulk_create(Log(message="x" * 5000, level="INFO") for _ in range(2500))
    with stub_of(mode, service) as stub:
        list(stub.options(timeout=PATIENCE).Stream())  # whatever is made once
        tracemalloc.start()
        try:
            number = sum(1 for _ in stub.options(timeout=60).Stream())
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert number == 2500
    assert peak < 2.5 * STREAM_CHUNK * 5000, "of 12 MB"


@models
def test_a_client_that_leaves_closes_the_generator_and_its_cursor(
    mode: Mode, service: type[Service]
) -> None:
    Log.objects.bulk_create(Log(message="x" * 1000, level="INFO") for _ in range(1500))
    contract = Contract(service)
    with (
        serve(mode, contract.hook, max_workers=2) as running,
        grpc.insecure_channel(running.target, SMALL_WINDOW) as channel,
    ):
        stub = contract.stub(channel).options(timeout=PATIENCE)
        for _ in range(5):  # more than there are workers
            begun(stub.Stream)[0].cancel()
        assert 1 + len(list(begun(stub.Stream)[0])) == 1500
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_cursors WHERE is_holdable")
            assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("base", [SyncLogs, AsyncLogs])
def test_a_row_that_cannot_be_sent_ends_the_reading(mode: Mode, base: type[Service]) -> None:
    """At once, in the thread of the call: a cursor in the database is not left to the garbage."""
    readers: list[int] = []

    class Reading(CountingQuerySet):
        def iterator(self, chunk_size: int | None = None) -> Iterator[Any]:
            try:
                yield from super().iterator(chunk_size)
            finally:
                readers.append(threading.get_ident())

    class Failing(base):  # type: ignore[misc, valid-type]
        queryset = Reading(Log).order_by("id")

        def get_serializer(self, row: Any, **kwargs: Any) -> Any:
            serializer = super().get_serializer(row, **kwargs)
            if row.message == "bad":
                threads.append(threading.get_ident())
                raise RuntimeError("bad")
            return serializer

    threads: list[int] = []
    Log.objects.bulk_create(Log(message=text) for text in ("good", "bad", "good"))
    gc.disable()
    try:
        with stub_of(mode, Failing) as stub, pytest.raises(grpc.RpcError):
            list(stub.options(timeout=PATIENCE).Stream())
    finally:
        gc.enable()
    assert readers == threads != []
