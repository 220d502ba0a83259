"""Who tells watchers that a row has changed: the interface, and the broker of one process."""

from collections.abc import Callable
from typing import Protocol


class Watcher(Protocol):
    """Who wants to know about the rows of a topic. Neither method blocks or raises."""

    def changed(self, key: str) -> None:
        """The row with this primary key, as text, was created, updated or deleted."""

    def lost(self) -> None:
        """Changes may have been missed, and nobody can say which."""


class Broker(Protocol):
    """Carries the news of committed changes to the watchers, in whichever process they are.

    It carries keys alone, never data: each watcher asks the database what its caller may see. A
    topic is the label of a model, ``library.book``. Both methods are called from threads and from
    event loops, so they must not block; a connection to elsewhere is for a thread of the broker's.
    """

    def publish(self, topic: str, key: str) -> None:
        """Tell the topic's watchers, in the order of the calls, that ``key`` has changed."""

    def subscribe(self, topic: str, watcher: Watcher) -> Callable[[], None]:
        """Tell ``watcher`` of what is published from now on, until the result is called.

        A broker that was cut off, or is late, calls ``watcher.lost()``.
        """


class InProcessBroker:
    """For servers of one process, whose handlers make all the changes that are watched."""

    def __init__(self) -> None:
        # Each operation on these dicts is one step, so that they need no lock.
        self._topics: dict[str, dict[object, Watcher]] = {}

    def publish(self, topic: str, key: str) -> None:
        for watcher in tuple(self._topics.get(topic, {}).values()):
            watcher.changed(key)

    def subscribe(self, topic: str, watcher: Watcher) -> Callable[[], None]:
        watchers = self._topics.setdefault(topic, {})
        token = object()
        watchers[token] = watcher

        def cancel() -> None:
            watchers.pop(token, None)

        return cancel

    def count(self, topic: str) -> int:
        """How many watch ``topic``."""
        return len(self._topics.get(topic, {}))


in_process = InProcessBroker()
"""The broker that ``WATCH_BROKER`` names by default."""
