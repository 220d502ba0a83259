"""The server on asyncio."""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import grpc
import grpc.aio

from django_socio_grpc.adapters import NOTICE, AioRuntime
from django_socio_grpc.concurrency import LoopExecutor, Slots, Workers, WorkLoad, run_to_end
from django_socio_grpc.health import AioHealth
from django_socio_grpc.server.base import THREADS_END, BaseServer
from django_socio_grpc.settings import grpc_settings


class AioServer(BaseServer):
    """``grpc.aio``: async handlers on its loop, sync handlers in its workers."""

    mode = "aio"
    interceptor_class = grpc.aio.ServerInterceptor

    async def start(self) -> None:
        """Register the services and listen.

        Raises:
            ConfigurationError: the address cannot be had, or a service is not right.
        """
        self._prepare_port()
        grpc_settings.GRPC_ASYNC = True
        loop = asyncio.get_running_loop()
        if self.config.asyncio_debug:
            loop.set_debug(True)
        self.workers = Workers(loop, self.config.max_workers, grpc_settings.MAX_SYNC_STREAMS)
        self.slots = Slots(self.config.max_workers)
        self._server = grpc.aio.server(
            interceptors=self._interceptors(),
            options=self.config.options,
        )
        self.runtime = AioRuntime(self.workers, self.slots, self.observers())
        with self._registering(self._server, self.runtime) as result:
            if inspect.isawaitable(result):
                await result
        self._health = AioHealth(self.services) if grpc_settings.ENABLE_HEALTH_CHECK else None
        if self._health is not None:
            await self._health.start(self._server)
        self._listen(self._server)
        self.telling.start(self._workloads, loop)
        # In a task of its own: who starts the server may go on to query when it has stopped.
        await asyncio.create_task(self._start())

    async def _start(self) -> None:
        await self.slots.open()  # for each call, whose task begins with what is known here
        await self._server.start()

    async def stop(self, grace: float | None = None) -> None:
        """Take no new calls, let those in flight finish within ``grace`` seconds, and end."""
        grace = self.config.grace if grace is None else grace
        if self._health is not None:
            self._health.drain()
        if grace > 0:
            await self.runtime.door.close()
        if self._health is not None:
            self._health.end()
        stopped = asyncio.ensure_future(self._server.stop(grace))
        asyncio.get_running_loop().call_later(NOTICE, self.runtime.door.open)
        self.runtime.leaving.begin()
        await stopped
        if self._health is not None:
            await self._health.stop()
        await asyncio.to_thread(self.workers.stop, THREADS_END)
        await asyncio.to_thread(self.slots.stop, THREADS_END)
        await asyncio.to_thread(self.telling.stop)

    def _workloads(self) -> Mapping[str, WorkLoad]:
        return {**self.workers.workloads, "slots": self.slots.workload}

    def run(self, ready: Callable[[Any], None], leaving: Callable[[Any], None]) -> None:
        """Serve until a signal; call ``ready`` when it listens, ``leaving`` when it stops."""
        runner = asyncio.Runner()
        loop = runner.get_loop()
        loop.set_default_executor(LoopExecutor())
        stopping: asyncio.Future[int] = loop.create_future()

        def stop(number: int) -> None:
            loop.call_soon_threadsafe(stopping.set_result, number)

        async def serve() -> None:
            await self.start()
            ready(self)
            number = await stopping
            leaving(self)
            if self._health is not None:
                self._health.drain()
            await asyncio.sleep(self.delay(number))
            await self.stop()

        with self._stop_signals(stop), runner:
            run_to_end(loop, serve())
