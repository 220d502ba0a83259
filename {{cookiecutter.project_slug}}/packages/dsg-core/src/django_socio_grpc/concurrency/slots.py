"""Threads for the async ORM of hand-written async handlers."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from time import monotonic
from typing import Any, ParamSpec, TypeVar
from weakref import ref

from asgiref.sync import SyncToAsync, ThreadSensitiveContext

from django_socio_grpc import current
from django_socio_grpc.concurrency.connections import tidy_connections, untidy_connections
from django_socio_grpc.concurrency.executors import JobExecutor
from django_socio_grpc.concurrency.worker import WorkLoad

P = ParamSpec("P")
T = TypeVar("T")


class Slot(JobExecutor):
    """One thread with a connection of its own, for the calls that share it.

    The thread, and its connection, stay as long as a call has the slot, and a while longer.
    """

    def __init__(self) -> None:
        super().__init__(1, "grpc-slot", after=None)  # a call may have many jobs
        self.users = 0
        self._due = False
        self._untidy = False

    def enter(self) -> None:
        """A call begins."""
        self.users += 1
        self._due = True
        self.keep(1)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return super().submit(self._run, partial(fn, *args, **kwargs))

    def leave(self) -> None:
        """The call is over. Its connection stays for the next one, unless CONN_MAX_AGE says that
        it does not outlive a call.
        """
        self.users -= 1
        if not self.users:
            self.keep(0)
            if self._untidy:
                with suppress(RuntimeError):  # stopped meanwhile, and so without connections
                    super().submit(tidy_connections)

    def _run(self, job: Callable[[], T]) -> T:
        if self._due:  # not before a call has something to run here: many never have
            self._due = False
            tidy_connections(shared=self.users > 1)
        try:
            return job()
        finally:
            self._untidy = untidy_connections()
            if self._untidy and not self.users:  # the call is gone, and cannot see it any more
                tidy_connections()


class CallSlot(Executor):
    """The slot of one call: the least used one, from the call's first job on.

    If the call has ``left`` already, a task that outlives it has the first.
    """

    def __init__(self, slots: "Slots", *, left: bool = False) -> None:
        self._slots = slots
        self._slot: Slot | None = None
        self._held = False
        self._left = left

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


class _SlotOfTheCall(Executor):
    """Runs a job in the slot of the call that it comes from.

    If it comes from none, as before an interceptor goes on, it is in one of its task: a
    transaction or a cursor may have begun there.
    """

    def __init__(self, slots: "Slots") -> None:
        # asgiref keeps this executor for as long as the context of ``slots`` is there.
        self._slots = ref(slots)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        slots = self._slots()
        if slots is None:
            raise RuntimeError("The server that this task belongs to is gone.")
        slot = _call_slot.get()
        if slot is None and (service := current.service()) is not None:
            context = service.context
            if context.orm_slot is None:  # when the call is over, nobody would leave it
                context.orm_slot = CallSlot(slots, left=not context.is_active())
            slot = context.orm_slot
        if slot is None and (task := asyncio.current_task()) is not None:
            slot = CallSlot(slots)
            _call_slot.set(slot)
            task.add_done_callback(partial(_leave, slot))
        return (slot or slots.least_used()).submit(fn, *args, **kwargs)


def _leave(slot: CallSlot, _: object) -> None:
    slot.leave()


def rest() -> None:
    """Give the slot of the current call back until it has another job.

    For a handler that waits, maybe for hours, and has nothing running: nobody waits for its turn
    behind it, and the connections that its slot has held are looked after meanwhile.
    """
    slot = _call_slot.get()
    if slot is None and (service := current.service()) is not None:
        slot = service.context.orm_slot
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
        self._context: Any = None

    @property
    def count(self) -> int:
        """How many slots there are; one starts when it is needed."""
        return len(self._slots)

    @property
    def users(self) -> int:
        """How many calls hold a slot."""
        return sum(map(_users, self._slots))

    @property
    def workload(self) -> WorkLoad:
        """What the slots' threads are at."""
        loads = [slot.workload for slot in self._slots]
        return WorkLoad(
            most=self._size,
            limit=self._size,
            threads=sum(load.threads for load in loads),
            busy=sum(load.busy for load in loads),
            queued=sum(load.queued for load in loads),
        )

    async def open(self) -> None:
        """Let the current task, and what it starts from now on, use slots.

        A call among these, known by ``current.service()``, has one as soon as it has something
        to run: it is its context's, to ``leave`` when the call ends.
        """
        if self._context is None:
            # Entered once, for all calls, and never left: a task which outlives its call may go
            # on to query.
            self._context = ThreadSensitiveContext(executor=_SlotOfTheCall(self))
            await self._context.__aenter__()
        else:
            SyncToAsync.thread_sensitive_context.set(self._context)

    async def enter(self) -> CallSlot:
        """Give the current task, and the tasks that it starts, a slot. End with its ``leave``.

        For those that were not started where the slots are open, or are no calls.
        """
        slot = CallSlot(self)
        _call_slot.set(slot)
        await self.open()
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
