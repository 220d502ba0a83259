"""How a call on an event loop ended, as its server said.

When a server ends a call while the client writes to it, grpc.aio puts an error of its own in the
place of the status that it has (github.com/grpc/grpc/issues/36066): a refused caller would see
"INTERNAL: Internal error from Core". So the status is noted as soon as there is one.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import grpc
import grpc.aio

LOST = grpc.StatusCode.INTERNAL, "Internal error from Core"
TURNS, TURN = 20, 0.005
"""How often, and after how many seconds, to look for a status that comes after the error."""


class Ending:
    """Notes the end of ``call``. ``code``, ``details`` and ``trailing_metadata`` are of it."""

    def __init__(self, call: Any) -> None:
        self.code: grpc.StatusCode | None = None
        self.details = ""
        self.trailing_metadata: Any = None
        self._initial_metadata: Any = None
        self._call = call
        call.add_done_callback(self._note)

    async def error(self) -> grpc.RpcError | None:
        """Wait for the end and return the error that it is, or None if it is none."""
        await self.wait()
        if self.code is grpc.StatusCode.OK:
            return None
        return grpc.aio.AioRpcError(
            self.code or grpc.StatusCode.UNKNOWN,
            self._initial_metadata,
            self.trailing_metadata,
            self.details,
        )

    async def wait(self) -> None:
        """Wait for the end."""
        await self._call.code()
        for _ in range(TURNS):
            if (self.code, self.details) not in {LOST, (None, "")}:
                return
            await asyncio.sleep(TURN)
            self._note(self._call)

    def _note(self, call: Any) -> None:
        self.code = _result(call.code())
        self.details = _result(call.details()) or ""
        self._initial_metadata = _result(call.initial_metadata())
        self.trailing_metadata = _result(call.trailing_metadata())


def _result(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine returns that has nothing to wait for: the call is over."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    coroutine.close()
    return None
