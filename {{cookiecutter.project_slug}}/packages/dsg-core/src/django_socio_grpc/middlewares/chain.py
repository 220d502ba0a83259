"""From ``GRPC_MIDDLEWARE`` to what a call runs through, put together once for each colour."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from typing import Any

from django.core.signals import setting_changed

from django_socio_grpc.middlewares.around import Manager, around
from django_socio_grpc.middlewares.async_layers import AsyncLayers
from django_socio_grpc.middlewares.kinds import is_manager
from django_socio_grpc.middlewares.sync_layers import SyncLayers
from django_socio_grpc.request import CallRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """``outer`` is the context manager around all the rest, or None if there is none.

    ``chain`` takes a request through the other middlewares to the call and returns the response,
    which is awaited if the handler is async; None if there are no others.
    """

    outer: Manager | None
    chain: Callable[[CallRequest], Any] | None


@cache
def arrange(middlewares: tuple[Any, ...], is_async: bool) -> Arrangement:
    """Return the arrangement of ``middlewares`` around handlers that are async, or are not.

    As in Django, each middleware is made once and serves all calls.

    Raises:
        ConfigurationError: a middleware is none.
    """
    if is_async:
        middlewares = tuple(each for each in middlewares if getattr(each, "around_async", True))
    outer = tuple(takewhile(is_manager, middlewares))
    inner = middlewares[len(outer) :]
    if not inner:
        return Arrangement(outer=around(outer), chain=None)
    layers = AsyncLayers() if is_async else SyncLayers()
    chain: Callable[[CallRequest], Any] = layers.answer
    for middleware in reversed(inner):
        layer = layers.manager if is_manager(middleware) else layers.factory
        chain = layer(middleware, chain)
    return Arrangement(outer=around(outer), chain=chain)


# Middlewares read settings when they are made.
setting_changed.connect(lambda **_: arrange.cache_clear(), weak=False)
