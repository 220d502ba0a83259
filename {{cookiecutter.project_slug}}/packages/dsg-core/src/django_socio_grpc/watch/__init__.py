"""``Watch`` streams: a permission-checked feed of creates, updates and deletes."""

from django_socio_grpc.watch.broker import Broker, InProcessBroker, Watcher, in_process
from django_socio_grpc.watch.changes import announce, observe, topic_of
from django_socio_grpc.watch.messages import WatchEvent
from django_socio_grpc.watch.mixin import AsyncWatchModelMixin, WatchModelMixin

__all__ = [
    "AsyncWatchModelMixin",
    "Broker",
    "InProcessBroker",
    "WatchEvent",
    "WatchModelMixin",
    "Watcher",
    "announce",
    "in_process",
    "observe",
    "topic_of",
]
