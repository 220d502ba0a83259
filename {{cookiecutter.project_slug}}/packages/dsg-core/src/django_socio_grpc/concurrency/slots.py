"""Threads for the async ORM of hand-written async handlers."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from contextvars import ContextVar
from time import monotonic
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import ThreadSensitiveContext
from django.db import connections

from django_socio_grpc.concurrency.connections import is_lent
from django_socio_grpc.concurrency.pool import PoolExecutor

logger = logging.getLogger("django_socio_grpc.internal")

P = ParamSpec("P")
T = TypeVar("T")


class Slot(PoolExecutor):
    """One thread with a connection of its own, for the calls that share it."""

    def __init__(self) -> None:
        super().__init__(1, "grpc-slot")
        self.users = 0
        self._tended = False
        self._used = False

    def enter(self) -> None:
        """A call begins."""
        self.users += 1
        self._tended = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        self._used = True
        if not self._tended:  # not before a call has something to run here: many never have
            self._tended = True
            super().submit(_tend_connections, shared=self.users > 1)
        return super().submit(fn, *args, **kwargs)

    def leave(self) -> None:
        """The call is over. The thread stays for the next one, and so does its connection,
        unless CONN_MAX_AGE says that it does not outlive a call.
        """
        self.users -= 1
        if self._used and not self.users:
            self._used = False
            with suppress(RuntimeError):  # stopped meanwhile, and so without connections
                super().submit(_tend_connections, shared=False)


class CallSlot(Executor):
    """The slot of one call: the least used one, from the call's first job on."""

    def __init__(self, slots: "Slots") -> None:
        self._slots = slots
        self._slot: Slot | None = None
        self._held = False
        self._left = False

    @property
    def slot(self) -> Slot | None:
        """The slot that the call has, or had last."""
        return self._slot

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        if self._slot is None or not (self._held or self._left):
            self._slot = self._slots.least_used()
            if not self._left:  # a task that outlives its call may query, and is not counted
                self._slot.enter()
                self._held = True
        return self._slot.submit(fn, *args, **kwargs)

    def rest(self) -> None:
        """Give the slot back until there is another job."""
        if self._held and self._slot is not None:
            self._held = False
            self._slot.leave()

    def leave(self) -> None:
        """The call is over."""
        self.rest()
        self._left = True


_call_slot: ContextVar[CallSlot | None] = ContextVar("call_slot", default=None)


def rest() -> None:
    """Give the slot of the current call back until it has another job.

    For a handler that waits, maybe for hours, and has nothing running: nobody waits for its turn
    behind it, and the connections that its slot has held are looked after meanwhile.
    """
    slot = _call_slot.get()
    if slot is not None:
        slot.rest()


class Slots:
    """At most ``size`` slots, shared out among async calls.

    Django's async ORM runs in asgiref's thread-sensitive thread, which is ONE for the whole
    process unless a context says otherwise. Each call here enters such a context, with the least
    used slot behind it: calls run in parallel, one call's queries share one connection, and the
    connection may outlive the call.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._slots: list[Slot] = []

    @property
    def count(self) -> int:
        """How many slots there are; one starts when it is needed."""
        return len(self._slots)

    @property
    def users(self) -> int:
        """How many calls hold a slot."""
        return sum(map(_users, self._slots))

    async def enter(self) -> CallSlot:
        """Give the current task, and the tasks that it starts, a slot. End with its ``leave``."""
        slot = CallSlot(self)
        _call_slot.set(slot)
        # Entered and never left, so that a task which outlives its call may go on to query.
        # The context ends with the tasks that hold it.
        context: Any = ThreadSensitiveContext(executor=slot)
        await context.__aenter__()
        return slot

    def stop(self, timeout: float = 5.0) -> None:
        """End the slots' threads; wait ``timeout`` seconds at most."""
        deadline = monotonic() + timeout
        for slot in self._slots:
            slot.stop(max(0, deadline - monotonic()))

    def least_used(self) -> Slot:
        """The slot with the fewest calls, or one more if each has some."""
        slot = min(self._slots, key=_users, default=None)
        if slot is None or (slot.users and len(self._slots) < self._size):
            slot = Slot()
            self._slots.append(slot)
        return slot


def _users(slot: Slot) -> int:
    return slot.users


def _tend_connections(*, shared: bool) -> None:
    """Drop connections that are broken or too old; of a ``shared`` slot's only the broken ones.

    Another call may be in the middle of a query on a connection that is merely old.
    """
    found: Sequence[Any] = connections.all(initialized_only=True)
    for connection in found:
        if is_lent(connection):
            continue
        if connection.in_atomic_block and not shared:
            # Left open by a call that is over. Whoever came next would be inside of it.
            logger.error("A call has left a transaction open, which is rolled back now.")
            connection.close()
            del connections[connection.alias]
            continue
        connection.health_check_done = False  # this call's first query may check anew
        broken = connection.errors_occurred and not connection.in_atomic_block
        if broken or not shared:
            connection.close_if_unusable_or_obsolete()
