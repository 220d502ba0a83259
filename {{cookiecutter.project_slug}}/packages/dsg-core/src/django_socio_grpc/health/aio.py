"""The health service on ``grpc.aio``: it answers on the loop, and needs no worker."""

import asyncio
from collections.abc import Sequence
from typing import Any

import grpc
import grpc.aio
from grpc import StatusCode
from grpc.aio import EOF

from django_socio_grpc.exceptions import Abort
from django_socio_grpc.health import messages
from django_socio_grpc.health.board import Board
from django_socio_grpc.health.checks import declared_checks
from django_socio_grpc.health.monitor import Monitor


class AioHealth:
    """Answers for ``services``, full names, of one server."""

    def __init__(self, services: Sequence[str]) -> None:
        # Who is asked on the loop is answered by it, and so it lives.
        self.board = Board(services, lambda: True)
        self._monitor = Monitor(self.board, declared_checks(services))
        self._reading: set[asyncio.Timeout] = set()

    async def start(self, server: grpc.aio.Server) -> None:
        """Run each check once, and go on with them; let ``server`` answer."""
        await self._monitor.start()
        # The requests are a stream on the wire's side, so that a call without one is answered.
        handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            "Check": grpc.stream_unary_rpc_method_handler(_answering(self._check)),
            "Watch": grpc.stream_stream_rpc_method_handler(_answering(self._watch)),
        }
        if messages.HealthListResponse is not None:
            handlers["List"] = grpc.stream_unary_rpc_method_handler(_answering(self._list))
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(messages.SERVICE, handlers),)
        )

    def drain(self) -> None:
        """Answer from now on that nothing serves, in calls that are open too."""
        self.board.drain()

    def end(self) -> None:
        """End the calls that are open: the server waits for them."""
        self.board.end()
        for limit in self._reading:
            if not limit.expired():
                limit.reschedule(0)

    async def stop(self) -> None:
        """End the checks."""
        await self._monitor.stop()

    async def _check(self, context: Any) -> bytes:
        return messages.check(self.board, await self._read(context))

    async def _list(self, context: Any) -> bytes:
        return messages.list_all(self.board, await self._read(context))

    async def _watch(self, context: Any) -> None:
        service = messages.service_of(await self._read(context))
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def news() -> None:
            loop.call_soon_threadsafe(changed.set)

        forget = self.board.listen(news)
        try:
            sent = None
            while True:
                changed.clear()
                ended, status = self.board.ended, messages.watched(self.board, service)
                if status != sent:
                    await context.write(messages.reply(status))
                    sent = status
                if ended:
                    raise messages.stopping()
                await changed.wait()
        finally:
            forget()

    async def _read(self, context: Any) -> bytes | None:
        """The one request of a call; None if its client sends none."""
        if self.board.ended:
            raise messages.stopping()
        try:
            async with asyncio.timeout(messages.PATIENCE) as limit:
                self._reading.add(limit)
                data: Any = await context.read()
        except TimeoutError:
            raise Abort(StatusCode.CANCELLED, "No request has come.") from None
        finally:
            self._reading.discard(limit)
        return None if data is EOF else data


def _answering(call: Any) -> Any:
    async def answer(requests: Any, context: Any) -> Any:
        try:
            return await call(context)
        except Abort as exc:
            await context.abort(exc.code, exc.details)

    return answer
