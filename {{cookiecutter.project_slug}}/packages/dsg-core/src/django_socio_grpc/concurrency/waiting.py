"""How a sync function waits for an awaitable, in a thread that works for a loop."""

import asyncio
import inspect
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import AsyncToSync, SyncToAsync, ThreadSensitiveContext, async_to_sync
from django.db import close_old_connections

P = ParamSpec("P")
T = TypeVar("T")


def enter_worker_thread(loop: asyncio.AbstractEventLoop) -> None:
    """Let asgiref know the loop that this thread works for."""
    SyncToAsync.threadlocal.main_event_loop = loop
    SyncToAsync.threadlocal.main_event_loop_pid = os.getpid()


def await_from_thread(awaitable: Awaitable[T]) -> T:
    """Wait in this thread for an awaitable that runs on the loop which the thread works for.

    The sync functions that the awaitable calls, its ORM queries among them, run in this thread,
    which has nothing else to do: on its database connection and in its transaction. The context
    variables that it sets are set here too, such as the language that is active.

    In a thread that works for no loop, asgiref makes one, to the same effect.
    """
    return async_to_sync(_wait)(awaitable)


def settled(value: Awaitable[T] | T) -> T:
    """Return ``value``, or what it will be, for an async function may stand for a sync one."""
    return await_from_thread(value) if inspect.isawaitable(value) else value


async def _wait(awaitable: Awaitable[T]) -> T:
    # Entered and never left: see Slots.enter. Only this task leaves it.
    thread = WaitingThread(AsyncToSync.executors.current)
    context: Any = ThreadSensitiveContext(executor=thread)
    await context.__aenter__()
    try:
        return await awaitable
    finally:
        if context.token is not None:
            SyncToAsync.thread_sensitive_context.reset(context.token)


class WaitingThread(Executor):
    """The thread that waits, as asgiref's executor ``waiting`` has it until the wait is over."""

    def __init__(self, waiting: Any) -> None:
        self._waiting = waiting

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        try:
            future: Future[T] = self._waiting.submit(fn, *args, **kwargs)
        except RuntimeError:
            # A task that outlives the wait has asgiref's own thread, as it would without us.
            late = SyncToAsync.single_thread_executor
            late.submit(close_old_connections)
            return late.submit(fn, *args, **kwargs)
        return future
