"""A call's messages in the colour of its handler. Either channel is the handler's ``request``
when the client streams, so ``for message in request`` and ``context.read()`` share one stream.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import grpc
from grpc.aio import EOF

from django_socio_grpc.calls.plan import CallPlan
from django_socio_grpc.concurrency import PipeClosed
from django_socio_grpc.context import Metadata
from django_socio_grpc.exceptions import Cancelled, RequestsEnded


class SyncChannel:
    """For a sync handler. Reading or writing raises Cancelled when the client is gone."""

    __slots__ = ("_decode", "_encode", "_plan", "_requests", "_write", "send_initial_metadata")

    def __init__(
        self,
        plan: CallPlan,
        requests: Iterator[Any],
        write: Callable[[Any], Any] | None,
        send_initial_metadata: Callable[[Metadata], Any],
    ) -> None:
        self._plan = plan
        self._decode, self._encode = plan.decode, plan.encode
        self._requests = requests
        self._write = write
        self.send_initial_metadata = send_initial_metadata

    def __iter__(self) -> "SyncChannel":
        return self

    def __next__(self) -> Any:
        return self._decode(next(self._requests))

    def read(self) -> Any:
        return next(self, EOF)

    def receive(self) -> Any:
        try:
            return next(self)
        except StopIteration:
            raise RequestsEnded from None

    def write(self, message: Any) -> None:
        check_may_write(self._plan)
        if self._write is None:
            raise TypeError(f"{self._plan.name} yields its replies. Yield this one as well.")
        try:
            self._write(self._encode(message))
        except PipeClosed:
            raise Cancelled from None


class SyncRequests:
    """The requests of a stream on ``grpc.server``. Raises Cancelled when the client is gone."""

    def __init__(self, requests: Iterator[Any]) -> None:
        self._requests = requests

    def __iter__(self) -> "SyncRequests":
        return self

    def close(self) -> None:
        """The call is over: who reads on gets Cancelled, and not an end that looks complete."""
        self._requests = _closed()

    def __next__(self) -> Any:
        try:
            for request in self._requests:
                return request
            # grpc ends a cancelled stream too, if it notes the end before the cancellation. An
            # upload that was cut must not look complete, so ask once more: now it knows of both.
            next(self._requests, None)
        except grpc.RpcError:
            raise Cancelled from None
        raise StopIteration


def _closed() -> Iterator[Any]:
    raise Cancelled
    yield


class AsyncChannel:
    """For an async handler, which is cancelled itself when the client is gone.

    A task that outlives the call gets Cancelled. The ``requests`` are messages already.
    """

    __slots__ = ("_encode", "_plan", "_requests", "_write", "send_initial_metadata")

    def __init__(
        self,
        plan: CallPlan,
        requests: AsyncIterator[Any],
        write: Callable[[Any], Awaitable[None]],
        send_initial_metadata: Callable[[Metadata], Awaitable[None]],
    ) -> None:
        self._plan = plan
        self._encode = plan.encode
        self._requests = requests
        self._write = write
        self.send_initial_metadata = send_initial_metadata

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._requests

    def __anext__(self) -> Awaitable[Any]:
        return anext(self._requests)

    async def read(self) -> Any:
        return await anext(self._requests, EOF)

    async def receive(self) -> Any:
        try:
            return await anext(self._requests)
        except StopAsyncIteration:
            raise RequestsEnded from None

    async def write(self, message: Any) -> None:
        check_may_write(self._plan)
        try:
            await self._write(self._encode(message))
        except PipeClosed:
            raise Cancelled from None


class _NoMore:
    """The requests that a handler may read whose one request it has been given."""

    def __aiter__(self) -> "_NoMore":
        return self

    async def __anext__(self) -> Any:
        raise StopAsyncIteration

    def __iter__(self) -> "_NoMore":
        return self

    def __next__(self) -> Any:
        raise StopIteration


NO_MORE = _NoMore()


def check_may_write(plan: CallPlan) -> None:
    """Raise TypeError if the action of ``plan`` has one reply, which is returned."""
    if not plan.response_stream:
        raise TypeError(
            f"{plan.name} has one reply. Return it, or declare the action with "
            "response_stream=True to write several."
        )
