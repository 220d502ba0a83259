"""Both servers: the same configuration, the same services, the same way to start and to stop."""

import asyncio
import inspect
import queue
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, ClassVar, Literal

import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse

from django_socio_grpc import registry
from django_socio_grpc.adapters import AioRuntime, SyncRuntime, registering
from django_socio_grpc.address import bound_address, check_address
from django_socio_grpc.concurrency import LoopExecutor, PoolExecutor, Slots, Workers, settled
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.reflection import enable_reflection
from django_socio_grpc.server_config import ServerConfig
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.stopping import stop_signals
from django_socio_grpc.tls import server_credentials

__all__ = ["AioServer", "Mode", "ServerConfig", "SyncServer"]

THREADS_END = 1.0
"""Seconds for threads to close their connections, once all calls are over."""
EXIT_MARGIN = 5.0
"""Seconds from the end of the grace until a process that is not over yet is ended."""

Mode = Literal["aio", "sync"]


class BaseServer:
    """What both servers have in common.

    ``apps`` are the registered apps by label, ``services`` the full names of all services, those
    registered without an ``AppHandlerRegistry`` among them; ``address`` is where it listens, by
    TLS if there are ``credentials``.
    """

    mode: ClassVar[Mode]
    interceptor_class: ClassVar[type]

    def __init__(self, config: ServerConfig) -> None:
        if not grpc_settings.ENABLED:
            raise ConfigurationError("GRPC_FRAMEWORK['ENABLED'] is False, so no server starts.")
        self.config = config
        self.apps: Mapping[str, registry.RegisteredApp] = {}
        self.services: Sequence[str] = ()
        self.port = 0
        self.credentials: grpc.ServerCredentials | None = None

    @property
    def address(self) -> str:
        return bound_address(self.config.address, self.port)

    def _check_port(self) -> None:
        shared = dict(self.config.options).get("grpc.so_reuseport")
        check_address(self.config.address, shared=bool(shared))
        self.credentials = server_credentials()

    def _interceptors(self) -> list[Any]:
        interceptors = list(grpc_settings.SERVER_INTERCEPTORS or ())
        for interceptor in interceptors:
            if not isinstance(interceptor, self.interceptor_class):
                module = "grpc.aio" if self.mode == "aio" else "grpc"
                raise ConfigurationError(
                    f"GRPC_FRAMEWORK['SERVER_INTERCEPTORS'] holds {interceptor!r}. The "
                    f"{self.mode} server takes instances of {module}.ServerInterceptor."
                )
        return interceptors

    @contextmanager
    def _registering(self, server: Any, runtime: AioRuntime | SyncRuntime) -> Iterator[Any]:
        """Call the hook and yield what it returns, which the block awaits if it must."""
        hook = registry.hook_name(self.config.hook)
        with (
            registry.collecting() as registered,
            registry.recording(server) as handlers,
            registering(runtime),
        ):
            try:
                yield self.config.hook(server)
            except Exception as exc:
                exc.add_note(f"Raised while {hook} registered the services.")
                raise
        if not handlers:
            raise ConfigurationError(
                f"{hook} registered no service, so there is nothing to serve. In it, call "
                "AppHandlerRegistry(app, server).register(service)."
            )
        self.apps = registered.apps
        self.services = sorted(
            {h.service_name() for h in handlers if isinstance(h, grpc.ServiceRpcHandler)}
        )

    def _listen(self, server: Any) -> None:
        if self.config.reflection:
            own = [health.SERVICE_NAME] if grpc_settings.ENABLE_HEALTH_CHECK else []
            enable_reflection(server, [*self.services, *own])
        try:
            if self.credentials is None:
                self.port = server.add_insecure_port(self.config.address)
            else:
                self.port = server.add_secure_port(self.config.address, self.credentials)
        except RuntimeError as exc:
            raise ConfigurationError(f"Cannot listen on {self.config.address}: {exc}") from exc


class AioServer(BaseServer):
    """``grpc.aio``: async handlers on its loop, sync handlers in its workers."""

    mode = "aio"
    interceptor_class = grpc.aio.ServerInterceptor

    async def start(self) -> None:
        """Register the services and listen.

        Raises:
            ConfigurationError: the address cannot be had, or a service is not right.
        """
        self._check_port()
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
            runner.run(serve())


class SyncServer(BaseServer):
    """``grpc.server``: sync handlers in its threads, async handlers on a loop beside them."""

    mode = "sync"
    interceptor_class = grpc.ServerInterceptor

    def start(self) -> None:
        """Register the services and listen.

        Raises:
            ConfigurationError: the address cannot be had, or a service is not right.
        """
        self._check_port()
        grpc_settings.GRPC_ASYNC = False
        with ExitStack() as started:
            pool = PoolExecutor(self.config.max_workers, "grpc-worker")
            started.callback(pool.stop, THREADS_END)
            self.runtime = SyncRuntime(Slots(self.config.max_workers), self.config.max_workers)
            started.callback(self.runtime.stop, THREADS_END)
            self._server = grpc.server(
                pool,  # type: ignore[arg-type]  # of an executor, grpc needs submit() alone
                interceptors=self._interceptors(),
                options=self.config.options,
                compression=self.config.compression,
            )
            with self._registering(self._server, self.runtime) as result:
                settled(result)
            if self.config.asyncio_debug and self.runtime.has_loop:
                self.runtime.loop.loop.set_debug(True)
            self._health = None
            if grpc_settings.ENABLE_HEALTH_CHECK:
                self._health = health.HealthServicer()
                health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
                for name in ("", *self.services):
                    self._health.set(name, HealthCheckResponse.SERVING)
            self._listen(self._server)
            self._server.start()
            self._started = started.pop_all()

    def stop(self, grace: float | None = None) -> None:
        """Take no new calls, let those in flight finish within ``grace`` seconds, and end."""
        if self._health is not None:
            self._health.enter_graceful_shutdown()
        stopped = self._server.stop(self.config.grace if grace is None else grace)
        self.runtime.leaving.begin()
        stopped.wait()
        self._started.close()

    def run(self, ready: Callable[[Any], None], leaving: Callable[[Any], None]) -> None:
        """Serve until a signal; call ``ready`` when it listens, ``leaving`` when it stops."""
        # Of all that can be waited for, this alone may be set by a handler of signals, which
        # interrupts the very thread that waits.
        stopping: queue.SimpleQueue[None] = queue.SimpleQueue()
        with stop_signals(lambda: stopping.put(None), self.config.grace + EXIT_MARGIN):
            self.start()
            ready(self)
            stopping.get()
            leaving(self)
            self.stop()
