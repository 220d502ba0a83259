"""Watch: what a broker has to do, shown by one that goes by way of text and another thread."""

import json
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.testing import Mode
from django_socio_grpc.watch import Broker, InProcessBroker, Watcher, in_process, topic_of
from grpc import StatusCode
from library.models import Book, Tag
from watching import PATIENCE, TagService, serving, watch

pytestmark = pytest.mark.django_db(transaction=True)


class RemoteBroker:
    """As one of Redis or PostgreSQL would: what is published comes back over a connection."""

    def __init__(self) -> None:
        self.connection: queue.Queue[str | None] = queue.Queue()
        self.local = InProcessBroker()
        self.watchers: list[Watcher] = []
        self.thread = threading.Thread(target=self._receive, daemon=True)
        self.thread.start()

    def publish(self, topic: str, key: str) -> None:
        self.connection.put(json.dumps([topic, key]))

    def subscribe(self, topic: str, watcher: Watcher) -> Callable[[], None]:
        self.watchers.append(watcher)
        return self.local.subscribe(topic, watcher)

    def _receive(self) -> None:
        while (message := self.connection.get()) is not None:
            self.local.publish(*json.loads(message))


@pytest.fixture
def broker() -> Iterator[RemoteBroker]:
    found = RemoteBroker()
    with override_settings(GRPC_FRAMEWORK={"WATCH_BROKER": found}):
        yield found
    found.connection.put(None)
    found.thread.join(PATIENCE)


def test_a_broker_of_another_kind(mode: Mode, broker: RemoteBroker) -> None:
    kind: Broker = broker  # it has what the protocol asks for, as the type checker sees
    with serving(mode, TagService) as (_, stub):
        watching = watch(stub, initial=False)
        tag = Tag.objects.create(label="new")
        assert watching.next() == ("CREATED", tag.pk, "new")
        kind.publish(topic_of(Tag), str(tag.pk))  # another process has saved it
        assert watching.next() == ("UPDATED", tag.pk, "new")
        kind.publish(topic_of(Book), str(tag.pk))
        kind.publish(topic_of(Tag), str(tag.pk + 1))  # gone again, and never seen
        tag.delete()
        assert watching.next()[0] == "DELETED"
    assert broker.local.count("library.tag") == 0
    assert in_process.count("library.tag") == 0


def test_a_broker_that_may_have_lost_something_ends_the_streams(
    mode: Mode, broker: RemoteBroker
) -> None:
    with serving(mode, TagService) as (_, stub):
        watching = watch(stub)
        for watcher in broker.watchers:
            watcher.lost()
        error = watching.status()
        assert error.code() is StatusCode.RESOURCE_EXHAUSTED
        assert "Watch again" in str(error.details())


class BrokenBroker(InProcessBroker):
    def publish(self, topic: str, key: str) -> None:
        raise ConnectionError("The broker is gone.")


@override_settings(GRPC_FRAMEWORK={"WATCH_BROKER": BrokenBroker()})
def test_a_broker_that_fails_does_not_undo_the_work(
    mode: Mode, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(mode, TagService) as (_, stub):
        watch(stub)
        stub.Create(label="one")
        with transaction.atomic():
            Tag.objects.create(label="two")
    assert Tag.objects.count() == 2
    assert "The broker is gone." in caplog.text


@pytest.mark.parametrize("value", [InProcessBroker, object(), "django_socio_grpc.watch.announce"])
def test_a_setting_that_names_no_broker(value: Any) -> None:
    with (
        override_settings(GRPC_FRAMEWORK={"WATCH_BROKER": value}),
        pytest.raises(ConfigurationError, match="must be a broker, or the dotted path of one"),
    ):
        grpc_settings.check()
