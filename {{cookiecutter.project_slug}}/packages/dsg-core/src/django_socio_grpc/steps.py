"""Steps of a call: sync code that async code may call as well, and override."""

import functools
from collections.abc import Callable
from typing import Any

from django_socio_grpc.concurrency import blocking, on_loop

_code: dict[Callable[..., Any], Callable[..., Any]] = {}


class Steps:
    """What has steps. ``unawaited`` names those that async code has called and not awaited."""

    unawaited: frozenset[str] = frozenset()

    def check_steps(self) -> None:
        """Raise RuntimeError unless each step that was called has been taken to its end.

        Code that forgets an ``await`` would let a caller in whom nobody has checked.
        """
        if self.unawaited:
            name = min(self.unawaited)
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
        self.unawaited |= {name}
        return taken(self)

    async def taken(self: Steps) -> Any:
        try:
            return await blocking(function, self)
        finally:
            self.unawaited -= {name}

    _code[call] = function
    return call


def sync_code(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the code that a step was made of, which takes no loop; any other as it is."""
    return _code.get(function, function)
