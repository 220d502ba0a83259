"""The database connections of the framework's own threads."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

from asgiref.sync import SyncToAsync
from django.db import connections

ASGIREF_PATIENCE = 5.0
"""Seconds that asgiref's own thread has to take connections, and to give them back."""

_lent: dict[str, Any] = {}
_ever_lent: WeakSet[Any] = WeakSet()


@contextmanager
def lending(wrappers: Iterable[Any]) -> Iterator[None]:
    """Give ``wrappers``, connections of this thread, to all threads that begin within the block.

    For tests: a thread with a connection of its own would not see what the test has not
    committed. ``wrappers`` are Django's, and whoever lends them keeps threads apart.
    """
    added = {wrapper.alias: wrapper for wrapper in wrappers if wrapper.alias not in _lent}
    for wrapper in added.values():
        wrapper.inc_thread_sharing()
        _ever_lent.add(wrapper)
    _lent.update(added)
    if added:
        _in_asgirefs_thread(take_connections)
    try:
        yield
    finally:
        if added:
            _in_asgirefs_thread(drop_lent_connections)
        for alias, wrapper in added.items():
            del _lent[alias]
            wrapper.dec_thread_sharing()


def take_connections() -> None:
    """Begin a thread, with the connections that are lent to it."""
    for alias, wrapper in _lent.items():
        connections[alias] = wrapper


def drop_connections() -> None:
    """End a thread: close its connections, but for those that are lent to it."""
    drop_lent_connections()
    connections.close_all()


def drop_lent_connections() -> None:
    """Let this thread have connections of its own again."""
    for wrapper in list(connections.all(initialized_only=True)):
        if is_lent(wrapper):
            del connections[wrapper.alias]


def is_lent(wrapper: Any) -> bool:
    """Whether a connection is another thread's, who looks after it."""
    return wrapper in _ever_lent


def _in_asgirefs_thread(function: Any) -> None:
    # It runs what has no thread of ours: the jobs of a server that somebody built by hand.
    SyncToAsync.single_thread_executor.submit(function).result(ASGIREF_PATIENCE)
