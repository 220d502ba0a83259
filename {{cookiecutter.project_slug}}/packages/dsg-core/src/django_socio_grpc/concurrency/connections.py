"""The database connections of the threads that calls run in."""

import logging
import select
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any
from weakref import WeakSet

from asgiref.sync import SyncToAsync
from django.db import Error, connections
from django.db.backends.signals import connection_created

logger = logging.getLogger("django_socio_grpc.internal")

POSTGRESQL = "postgresql"
"""What Django calls it."""

ASGIREF_PATIENCE = 5.0
"""Seconds that asgiref's own thread has to take connections, and to give them back."""


PAUSE = 0.05
"""Seconds between two times that a thread asks its connections whether they are broken. It is a
call of the system, in which other threads take Python's lock: too much for each call. That calls
have come meanwhile says nothing of a connection: they may have asked another database, or none."""


class _Opened(threading.local):
    """The connections that this thread has opened, the last of each alias, and when it has asked
    them whether they are broken."""

    def __init__(self) -> None:
        self.wrappers: dict[str, Any] = {}
        self.asked_at = float("-inf")


_opened = _Opened()


def _note_opened(connection: Any, **_: Any) -> None:
    if not is_lent(connection):
        _opened.wrappers[connection.alias] = connection


connection_created.connect(_note_opened, dispatch_uid=f"{__name__}._note_opened")


def asks_servers() -> bool:
    """Whether a database of the settings is a server, and not a file of this machine."""
    return any(connections[alias].vendor != "sqlite" for alias in connections)


def asks_postgresql() -> bool:
    """Whether a database of the settings is one whose queries can be cancelled."""
    return any(connections[alias].vendor == POSTGRESQL for alias in connections)


def has_news(driver: Any) -> bool:
    """Whether a server has sent something that nobody has asked for on an idle connection.

    It seldom does but to take its leave. ``driver`` is the connection as its driver knows it.
    """
    poll = select.poll()
    poll.register(driver.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _note_broken() -> None:
    """Look at the connections of this thread, if it is time; asking costs no round trip.

    One that may be broken is marked as Django does it, so that it is asked whether it works.
    """
    now = monotonic()
    if now - _opened.asked_at <= PAUSE:
        return
    _opened.asked_at = now
    for wrapper in _opened.wrappers.values():
        driver = wrapper.connection
        if wrapper.vendor == POSTGRESQL and driver is not None and not wrapper.in_atomic_block:
            wrapper.errors_occurred |= driver.closed or has_news(driver)


def tend_connections() -> None:
    """Close the connections of this thread that are broken or too old.

    It is what Django's ``close_old_connections`` does before and after a request, but it asks no
    alias that this thread has not used, and one within a transaction is left alone: the call is
    part of a test, or of another call. ``end_transactions`` is for those that a call has left.
    """
    _note_broken()
    for wrapper in _opened.wrappers.values():
        if not wrapper.in_atomic_block:
            wrapper.close_if_unusable_or_obsolete()


def end_transactions() -> None:
    """Roll back what a call that is over has left open in this thread, which is one of ours.

    Whoever came next would be inside of it.
    """
    for wrapper in list(_opened.wrappers.values()):
        if wrapper.in_atomic_block:
            logger.error("A call has left a transaction open, which is rolled back now.")
            del connections[wrapper.alias], _opened.wrappers[wrapper.alias]
            with suppress(Error):  # it is gone, and so is its transaction
                wrapper.close()


def tidy_connections(*, shared: bool = False) -> None:
    """Do both between calls; if this thread is ``shared``, look for broken connections alone.

    Another call may be in the middle of a transaction, or on a connection that is merely old.
    """
    if not shared:
        end_transactions()
        tend_connections()
        return
    _note_broken()
    for wrapper in _opened.wrappers.values():
        wrapper.health_check_done = False  # this call's first query may check anew
        if not wrapper.in_atomic_block and wrapper.errors_occurred:
            wrapper.close_if_unusable_or_obsolete()


def untidy_connections() -> bool:
    """Whether ``tidy_connections`` would do more than let the next query check the health."""
    return any(map(_untidy, _opened.wrappers.values()))


def _untidy(wrapper: Any) -> bool:
    return wrapper.connection is not None and (
        wrapper.in_atomic_block
        or wrapper.errors_occurred
        or wrapper.autocommit != wrapper.settings_dict["AUTOCOMMIT"]
        or (wrapper.close_at is not None and monotonic() >= wrapper.close_at)
    )


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
    _opened.wrappers.clear()


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
