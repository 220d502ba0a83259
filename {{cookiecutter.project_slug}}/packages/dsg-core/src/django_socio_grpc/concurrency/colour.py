"""Sync and async functions: which is which, and how an async one calls a sync one."""

import asyncio
import functools
import inspect
from collections.abc import AsyncIterator, Callable
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from asgiref.sync import iscoroutinefunction, sync_to_async

from django_socio_grpc.concurrency.jobs import call

P = ParamSpec("P")
T = TypeVar("T")

# Kept beside the functions, not on them: ``functools.wraps`` copies attributes, and a decorated
# twin is no longer equal to its sync original.
_sync_twins: WeakKeyDictionary[Callable[..., Any], Callable[..., Any]] = WeakKeyDictionary()


def is_async(function: Callable[..., Any]) -> bool:
    """Whether ``function`` is an ``async def``, with or without ``yield``."""
    return iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def on_loop() -> bool:
    """Whether this thread runs an event loop, so that nothing may block it."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def blocking(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a sync function for an async one, in the thread of the call's own slot."""
    run = sync_to_async(functools.partial(call, function, *args, **kwargs))
    return await run()


def offload(
    function: Callable[..., Any],
    *,
    overridable: bool = False,
    wrap: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
) -> Callable[..., Any]:
    """Return the async twin of a sync function or generator function.

    The twin is a real ``async def`` (or async generator), so an override may await ``super()``'s.
    ``sync_twin`` gives the original back: a method that nobody overrides is planned as its
    sync twin, and the whole call takes one hop to a worker instead of one per step.

    The twin of a hook, which has another name than the hook (``aget_object``), is ``overridable``:
    it runs what the class of ``self`` has for the hook, so that who overrides the one has both.
    ``wrap`` makes of it what is there in its place.
    """
    if inspect.isgeneratorfunction(function):
        twin = _async_generator(function)
    else:
        twin = _async_hook(function) if overridable else _async(function)
    if wrap is not None:
        twin = wrap(twin)
    _sync_twins[twin] = function
    return twin


def sync_twin(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """Return what ``offload`` made ``function`` from, or None if it is no such twin."""
    return _sync_twins.get(function)


def _async(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def twin(*args: Any, **kwargs: Any) -> Any:
        return await blocking(function, *args, **kwargs)

    return twin


def _async_hook(function: Callable[..., Any]) -> Callable[..., Any]:
    name = function.__name__

    @functools.wraps(function)
    async def twin(self: Any, *args: Any, **kwargs: Any) -> Any:
        return await blocking(getattr(type(self), name), self, *args, **kwargs)

    return twin


def _async_generator(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def twin(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        iterator = await blocking(function, *args, **kwargs)
        try:
            while (item := await blocking(next, iterator, _END)) is not _END:
                yield item
        finally:
            await blocking(iterator.close)

    return twin


_END: Any = object()
