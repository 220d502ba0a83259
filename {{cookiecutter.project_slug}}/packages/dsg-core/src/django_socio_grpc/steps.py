"""Steps of a call: sync code that async code may call as well, and override."""

import functools
from collections.abc import Callable
from typing import Any

from asgiref.sync import markcoroutinefunction

from django_socio_grpc.concurrency import blocking, on_loop

_code: dict[Callable[..., Any], Callable[..., Any]] = {}


class Steps:
    """What has steps. ``unawaited`` are those that async code has called and not awaited, each
    by its name and what tells it from another of the name.
    """

    unawaited: frozenset[tuple[str, object]] = frozenset()

    def check_steps(self) -> None:
        """Raise RuntimeError unless each step that was called has been taken to its end.

        Code that forgets an ``await`` would let a caller in whom nobody has checked.
        """
        if self.unawaited:
            name, _ = next(iter(self.unawaited))
            raise RuntimeError(
                f"{type(self).__name__}: async code has called {name}() and has not awaited it. "
                f"Write await before it: await self.{name}(), or await super().{name}()."
            )


def step(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a method of ``Steps`` one that sync code calls and async code awaits.

    Where a loop runs, it returns an awaitable, and its code runs in the thread of the call's
    slot, where it may block. Anywhere else it is ``function`` itself. So a service may override
    it in either colour, and call ``super()``'s from there.
    """
    name = function.__name__

    @functools.wraps(function)
    def call(self: Steps) -> Any:
        if not on_loop():
            return function(self)
        self.unawaited |= {(name, None)}
        return taken(self)

    async def taken(self: Steps) -> Any:
        try:
            return await blocking(function, self)
        finally:
            self.unawaited -= {(name, None)}

    _code[call] = function
    return call


def check(twin: Callable[..., Any]) -> Callable[..., Any]:
    """Make an async method of ``Steps``, a check, one that counts as unawaited until it is.

    ``twin`` has the name of the sync method, and is called by that name with an "a" before it.
    """
    name = f"a{twin.__name__}"

    @functools.wraps(twin)
    def call(self: Steps, *args: Any, **kwargs: Any) -> Any:
        token = (name, object())
        self.unawaited |= {token}
        return taken(self, token, *args, **kwargs)

    async def taken(self: Steps, token: tuple[str, object], *args: Any, **kwargs: Any) -> Any:
        try:
            return await twin(self, *args, **kwargs)
        finally:
            self.unawaited -= {token}

    return markcoroutinefunction(call)


def sync_code(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the code that a step was made of, which takes no loop; any other as it is."""
    return _code.get(function, function)
