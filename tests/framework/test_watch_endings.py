"""Watch: how a stream ends, and that nothing of it is left."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from declared import Contract
from django.db.models.signals import post_delete, post_save
from django_socio_grpc.generics import GenericService
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from django_socio_grpc.watch import WatchModelMixin, in_process
from example_models import Log
from grpc import StatusCode
from library.models import Tag
from watching import (
    PATIENCE,
    AsyncTagService,
    TagService,
    Watch,
    kind,
    serving,
    watch,
    with_attributes,
)

pytestmark = pytest.mark.django_db(transaction=True)

services = pytest.mark.parametrize("service", [TagService, AsyncTagService])
TOPIC = "library.tag"


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def code_and_reason(error: grpc.RpcError) -> tuple[StatusCode, str]:
    return error.code(), json.loads(str(error.details()))["code"]


@services
def test_a_client_that_leaves_leaves_nothing(mode: Mode, service: type[Service]) -> None:
    with serving(mode, service) as (_, stub):
        first = watch(stub)
        receivers = len(post_save.receivers), len(post_delete.receivers)
        for _ in range(5):
            watching = watch(stub)
            assert in_process.count(TOPIC) == 2
            watching.replies.cancel()
            assert eventually(lambda: in_process.count(TOPIC) == 1)
        assert (len(post_save.receivers), len(post_delete.receivers)) == receivers
        tag = Tag.objects.create(label="new")
        assert first.next() == ("CREATED", tag.pk, "new")
    assert in_process.count(TOPIC) == 0


@services
def test_a_client_that_leaves_in_the_initial_state_leaves_nothing(
    mode: Mode, service: type[Service]
) -> None:
    Tag.objects.bulk_create(Tag(label=f"tag {number}") for number in range(5000))
    with serving(mode, service) as (_, stub):
        for _ in range(5):
            replies = stub.Watch(initial=True)
            next(replies)
            replies.cancel()
        assert eventually(lambda: in_process.count(TOPIC) == 0)


class LogProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Log
        fields = ["id", "message"]


class LogService(WatchModelMixin, GenericService):
    queryset = Log.objects.all()
    serializer_class = LogProtoSerializer
    watch_buffer = 20


SMALL_WINDOW = [("grpc.http2.bdp_probe", 0)]
"""Options of a channel that holds 64 KB which nobody has read, and no more with time."""


def test_a_client_that_reads_too_slowly_is_told_so(mode: Mode) -> None:
    """Nothing is lost without a word, and others do not notice."""
    contract = Contract(LogService)
    with (
        serve(mode, contract.hook) as running,
        running.channel() as channel,
        grpc.insecure_channel(running.target, SMALL_WINDOW) as slow_channel,
    ):
        quick = watch(contract.stub(channel).options(timeout=PATIENCE))
        slow = watch(contract.stub(slow_channel).options(timeout=PATIENCE))
        logs = []
        for _ in range(60):
            logs.append(Log.objects.create(message="x" * 20_000))
            assert next(quick.replies).key == logs[-1].pk
        keys = []
        with pytest.raises(grpc.RpcError) as caught:
            for event in slow.replies:
                keys.append(event.key)
        assert code_and_reason(caught.value) == (StatusCode.RESOURCE_EXHAUSTED, "watch_lost")
        assert 20 <= len(keys) < 60
        assert keys == [log.pk for log in logs[: len(keys)]]
        again = contract.stub(slow_channel).options(timeout=PATIENCE).Watch(initial=True)
        assert [kind(next(again)) for _ in range(61)] == ["CREATED"] * 60 + ["SYNCED"]


@services
def test_more_objects_than_may_be_watched(mode: Mode, service: type[Service]) -> None:
    Tag.objects.bulk_create(Tag(label=str(number)) for number in range(3))
    with serving(mode, with_attributes(service, watch_limit=3)) as (_, stub):
        watching = watch(stub)
        Tag.objects.create(label="one too many")
        assert code_and_reason(watching.status()) == (
            StatusCode.RESOURCE_EXHAUSTED,
            "watch_limit",
        )
        error = Watch(stub.Watch()).status()
        assert code_and_reason(error) == (StatusCode.RESOURCE_EXHAUSTED, "watch_limit")
        assert "more than 3 objects" in str(error.details())
    assert in_process.count(TOPIC) == 0


@services
def test_a_deadline_ends_it(mode: Mode, service: type[Service]) -> None:
    with serving(mode, service) as (_, stub):
        watching = Watch(stub.options(timeout=0.5).Watch())
        assert watching.status().code() is StatusCode.DEADLINE_EXCEEDED
        assert eventually(lambda: in_process.count(TOPIC) == 0)


def test_idle_watchers_hold_no_thread_of_an_aio_server() -> None:
    with serving("aio", TagService, max_workers=2) as (_, stub):
        watch(stub)
        threads = threading.active_count()
        watchings = [Watch(stub.Watch()) for _ in range(100)]
        for watching in watchings:
            assert watching.until_synced() == []
        assert threading.active_count() <= threads + 2
        tag = Tag.objects.create(label="new")
        assert {watching.next() for watching in watchings} == {("CREATED", tag.pk, "new")}
        assert stub.Retrieve(id=tag.pk).label == "new"


def test_idle_watchers_hold_no_slot_and_no_connection() -> None:
    with serving("aio", AsyncTagService) as (running, stub):
        watchings = [watch(stub) for _ in range(10)]
        Tag.objects.create(label="new")
        for watching in watchings:
            watching.next()
        slots: Any = running.server.slots  # type: ignore[union-attr]
        assert slots.count
        assert eventually(lambda: slots.users == 0)


@services
def test_a_server_that_stops_does_not_wait_for_its_watchers(
    mode: Mode, service: type[Service]
) -> None:
    with serving(mode, service) as (running, stub):
        watchings = [watch(stub) for _ in range(3)]
        began = time.monotonic()
        running.stop(PATIENCE)
        assert time.monotonic() - began < PATIENCE / 2
        for watching in watchings:
            assert code_and_reason(watching.status()) == (StatusCode.UNAVAILABLE, "server_stops")
    assert in_process.count(TOPIC) == 0
