"""The server on asyncio."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse

from django_socio_grpc.adapters import AioRuntime
from django_socio_grpc.concurrency import LoopExecutor, Slots, Workers, run_to_end
from django_socio_grpc.server.base import EXIT_MARGIN, THREADS_END, BaseServer
from django_socio_grpc.server.stopping import stop_signals
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
            compression=self.config.compression,
        )
        self.runtime = AioRuntime(self.workers, self.slots)
        with self._registering(self._server, self.runtime) as result:
            if inspect.isawaitable(result):
                await result
        self._health = None
        if grpc_settings.ENABLE_HEALTH_CHECK:
            self._health = health.aio.HealthServicer()
            health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
            for name in ("", *self.services):
                await self._health.set(name, HealthCheckResponse.SERVING)
        self._listen(self._server)
        await self._server.start()

    async def stop(self, grace: float | None = None) -> None:
        """Take no new calls, let those in flight finish within ``grace`` seconds, and end."""
        if self._health is not None:
            await self._health.enter_graceful_shutdown()
        stopped = asyncio.ensure_future(
            self._server.stop(self.config.grace if grace is None else grace)
        )
        self.runtime.leaving.begin()
        await stopped
        await asyncio.to_thread(self.workers.stop, THREADS_END)
        await asyncio.to_thread(self.slots.stop, THREADS_END)

    def run(self, ready: Callable[[Any], None], leaving: Callable[[Any], None]) -> None:
        """Serve until a signal; call ``ready`` when it listens, ``leaving`` when it stops."""
        runner = asyncio.Runner()
        loop = runner.get_loop()
        loop.set_default_executor(LoopExecutor())
        stopping = asyncio.Event()

        def stop() -> None:
            loop.call_soon_threadsafe(stopping.set)

        async def serve() -> None:
            await self.start()
            ready(self)
            await stopping.wait()
            leaving(self)
            await self.stop()

        with stop_signals(stop, self.config.grace + EXIT_MARGIN), runner:
            run_to_end(loop, serve())
