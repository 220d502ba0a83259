"""The messages of one call on ``grpc.aio``, for any number of its handler's tasks."""

import asyncio
from contextlib import suppress
from typing import Any, NoReturn

from grpc.aio import EOF, InternalError

from django_socio_grpc.adapters.transports import STALLED
from django_socio_grpc.calls.plan import Decode
from django_socio_grpc.concurrency import Operation
from django_socio_grpc.context import Metadata
from django_socio_grpc.exceptions import Cancelled

CANCELLATION_TURNS = 8
"""Turns of the loop after which a cancellation has arrived; it takes one, seldom two."""

AHEAD = 2
"""Requests that may be there before the handler asks for them."""

_OVER: Any = object()
_CUT: Any = object()


class Requests:
    """The requests of a stream, read ahead. Who gives up waiting for one loses none.

    The next one is awaited as soon as one has come, by what has brought it: neither by a task of
    its own nor by the handler's.
    """

    __slots__ = ("_closed", "_come", "_decode", "_read", "_reading")

    def __init__(self, servicer: Any, decode: Decode) -> None:
        self._read = servicer.read
        self._decode = decode
        self._closed = False
        self._come: list[Any] = []
        self._reading: Operation[Any] = Operation(self._arrived)
        self._reading.start(self._read())

    def __aiter__(self) -> "Requests":
        return self

    async def __anext__(self) -> Any:
        while not self._come and not self._closed:
            await self._reading.wait()
        if self._closed or self._come[0] is _CUT:
            raise Cancelled
        data = self._come[0]
        if data is _OVER:
            raise StopAsyncIteration
        del self._come[0]
        if self._reading.done:
            self._reading.start(self._read())
        return self._decode(data)

    def close(self) -> None:
        """The call is over. A task that outlives it must not take that for the last request."""
        self._closed = True
        self._reading.forget()

    def _arrived(self) -> None:
        try:
            data = self._reading.result()
        except Exception:  # of many classes; for the handler they all mean one thing
            data = _CUT
        if data is EOF:
            self._reading.start(self._end())
            return
        self._come.append(data)
        if data is not _OVER and data is not _CUT and len(self._come) < AHEAD:
            self._reading.start(self._read())

    async def _end(self) -> Any:
        # grpc.aio ends a cancelled stream too, just before it cancels the task. An upload that
        # was cut must not look complete, so ask once more: the cancellation comes first.
        await self._read()
        await _cancellation()
        return _OVER


class Replies:
    """Sends replies one at a time, as grpc.aio needs it, whoever writes them."""

    __slots__ = ("_sending", "_servicer", "_turn")

    def __init__(self, servicer: Any) -> None:
        self._servicer = servicer
        self._sending: Operation[None] = Operation()
        self._turn = asyncio.Lock()

    async def send(self, data: Any) -> None:
        """Send ``data`` for the handler's own task, which is cancelled only if the call is."""
        async with self._turn:
            await self._sent()
            try:
                await self._servicer.write(data)
            except InternalError:
                await gone()

    async def write(self, data: Any) -> None:
        """Send ``data`` once what was written before is sent: one reply is always on its way.

        Who gives up waiting has either not begun, or does not stop it.
        """
        async with self._turn:
            await self._sent()
            self._sending.start(self._servicer.write(data))
            if self._sending.done:  # only if it has failed
                await self._sent()

    async def send_initial_metadata(self, metadata: Metadata) -> None:
        async with self._turn:
            await self._sent()
            await send_head(self._servicer, metadata)

    async def flush(self) -> None:
        """Wait until all is sent, or raise why it is not."""
        async with self._turn:
            await self._sent()

    async def settle(self) -> None:
        """Wait until nothing is being sent, so that what is written goes before the status.

        A client that takes nothing is not waited for much longer: grpc keeps the order, too.
        """
        if not self._is_busy():
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(STALLED):
                while self._is_busy():
                    with suppress(Exception):
                        await self.flush()

    def _is_busy(self) -> bool:
        return self._turn.locked() or not self._sending.done

    async def _sent(self) -> None:
        while not self._sending.done:
            await self._sending.wait()
        try:
            self._sending.result()
        except InternalError:
            await gone()


async def send_head(servicer: Any, metadata: Metadata) -> None:
    """Send the initial metadata."""
    try:
        await servicer.send_initial_metadata(metadata)
    except InternalError:
        await gone()


async def gone() -> NoReturn:
    """Raise Cancelled: grpc.aio could not send, for the client is gone.

    It says so by an error of its own, and often just before it cancels the task.
    """
    await _cancellation()
    raise Cancelled from None


async def _cancellation() -> None:
    for _ in range(CANCELLATION_TURNS):
        await asyncio.sleep(0)
