"""Services that are watched, and a client that notes what it is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from declared import Contract, Stub
from django_socio_grpc.generics import AsyncModelService, ModelService
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, RunningServer, serve
from django_socio_grpc.watch import AsyncWatchModelMixin, WatchModelMixin
from library.models import Tag

PATIENCE = 20.0


class TagProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Tag
        fields = ["id", "label"]


class TagService(WatchModelMixin, ModelService):
    service_name = "Tag"
    queryset = Tag.objects.all()
    serializer_class = TagProtoSerializer


class AsyncTagService(AsyncWatchModelMixin, AsyncModelService):
    service_name = "Tag"
    queryset = Tag.objects.all()
    serializer_class = TagProtoSerializer


def with_attributes(service: type[Service], **attributes: Any) -> type[Service]:
    return type(service.__name__, (service,), attributes)


def kind(event: Any) -> str:
    """The name of what has happened."""
    enum = event.DESCRIPTOR.fields_by_name["event"].enum_type
    return str(enum.values_by_number[event.event].name)


class Watch:
    """One stream of events, read when the test wants to know."""

    def __init__(self, replies: Any) -> None:
        self.replies = replies

    def next(self) -> tuple[Any, ...]:
        """What happened, to which object, and what it is now."""
        event = next(self.replies)
        text = event.object.label if event.HasField("object") else None
        return kind(event), event.key if event.HasField("key") else None, text

    def take(self, number: int) -> list[tuple[Any, ...]]:
        return [self.next() for _ in range(number)]

    def until_synced(self) -> list[tuple[Any, ...]]:
        """The events before SYNCED."""
        events = []
        while (event := self.next())[0] != "SYNCED":
            events.append(event)
        return events

    def status(self) -> grpc.RpcError:
        """How the stream ends."""
        try:
            for _ in self.replies:
                pass
        except grpc.RpcError as error:
            return error
        raise AssertionError("It ended well.")


@contextmanager
def serving(
    mode: Mode, service: type[Service], **config: Any
) -> Iterator[tuple[RunningServer, Stub]]:
    contract = Contract(service)
    with serve(mode, contract.hook, **config) as running, running.channel() as channel:
        yield running, contract.stub(channel).options(timeout=PATIENCE)


def watch(stub: Stub, **fields: Any) -> Watch:
    """Watch, and return when every change from now on will be told."""
    watching = Watch(stub.Watch(**fields))
    if not fields.get("initial"):
        assert watching.until_synced() == []
    return watching
