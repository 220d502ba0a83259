"""Both servers: the same configuration, the same services, the same way to start and to stop."""

import asyncio
import inspect
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
from asgiref.sync import async_to_sync
from grpc_health.v1 import health, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse

from django_socio_grpc import registry
from django_socio_grpc.adapters import AioRuntime, SyncRuntime, registering
from django_socio_grpc.address import check_address
from django_socio_grpc.concurrency import PoolExecutor, Slots, Workers
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.settings import grpc_settings

OPTIONS = (
    # C-core keeps a header's parse error in its table and then fails the same header of other
    # clients behind one proxy: without a table, a bad header is its sender's alone.
    ("grpc.http2.hpack_table_size.decoder", 0),
    # A second server on the port is an error, not a silent share of the calls.
    ("grpc.so_reuseport", 0),
)
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """How to serve. ``hook`` registers the services; ``grace`` is in seconds."""

    address: str
    hook: Callable[[Any], Any] = field(default_factory=registry.handlers_hook)
    max_workers: int = field(default_factory=lambda: grpc_settings.MAX_WORKERS)
    grace: float = field(default_factory=lambda: grpc_settings.SHUTDOWN_GRACE)

    @property
    def options(self) -> Sequence[tuple[str, Any]]:
        """Ours, then those of the settings, which win."""
        return [*OPTIONS, *(grpc_settings.SERVER_OPTIONS or ())]


class AioServer:
    """``grpc.aio``: async handlers on its loop, sync handlers in its workers."""

    mode = "aio"

    def __init__(self, config: ServerConfig) -> None:
        self.config = config
        self.apps: Mapping[str, registry.RegisteredApp] = {}
        self.port = 0

    async def start(self) -> None:
        """Register the services and listen.

        Raises:
            ConfigurationError: the address cannot be had, or a service is not right.
        """
        check_address(self.config.address)
        grpc_settings.GRPC_ASYNC = True
        self.workers = Workers(
            asyncio.get_running_loop(), self.config.max_workers, grpc_settings.MAX_SYNC_STREAMS
        )
        self.slots = Slots(self.config.max_workers)
        self._server = grpc.aio.server(
            interceptors=grpc_settings.SERVER_INTERCEPTORS, options=self.config.options
        )
        with (
            registry.collecting() as registered,
            registering(AioRuntime(self.workers, self.slots)),
        ):
            result = self.config.hook(self._server)
            if inspect.isawaitable(result):
                await result
        self.apps = registered.apps
        self._health = None
        if grpc_settings.ENABLE_HEALTH_CHECK:
            self._health = health.aio.HealthServicer()
            health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
            for name in ("", *service_names(self.apps)):
                await self._health.set(name, HealthCheckResponse.SERVING)
        self.port = _listen(self._server, self.config.address)
        await self._server.start()

    async def stop(self, grace: float | None = None) -> None:
        """Take no new calls, let those in flight finish within ``grace`` seconds, and end."""
        if self._health is not None:
            await self._health.enter_graceful_shutdown()
        await self._server.stop(self.config.grace if grace is None else grace)
        await asyncio.to_thread(self.workers.stop)
        await asyncio.to_thread(self.slots.stop)

    def run(self, ready: Callable[["AioServer"], None]) -> None:
        """Serve until a signal comes; call ``ready`` when the server listens."""
        asyncio.run(self._run(ready))

    async def _run(self, ready: Callable[["AioServer"], None]) -> None:
        stopping = asyncio.Event()

        def stop() -> None:
            if stopping.is_set():  # the second signal: now
                hurry.append(asyncio.ensure_future(self._server.stop(0)))
            stopping.set()

        hurry: list[asyncio.Future[None]] = []
        await self.start()
        if threading.current_thread() is threading.main_thread():
            for number in STOP_SIGNALS:
                asyncio.get_running_loop().add_signal_handler(number, stop)
        ready(self)
        await stopping.wait()
        await self.stop()


class SyncServer:
    """``grpc.server``: sync handlers in its threads, async handlers on a loop beside them."""

    mode = "sync"

    def __init__(self, config: ServerConfig) -> None:
        self.config = config
        self.apps: Mapping[str, registry.RegisteredApp] = {}
        self.port = 0

    def start(self) -> None:
        """Register the services and listen.

        Raises:
            ConfigurationError: the address cannot be had, or a service is not right.
        """
        check_address(self.config.address)
        grpc_settings.GRPC_ASYNC = False
        self.runtime = SyncRuntime(Slots(self.config.max_workers))
        # Streams have their own share of the threads, so that calls always find one.
        threads = self.config.max_workers + grpc_settings.MAX_SYNC_STREAMS
        self._pool = PoolExecutor(threads, "grpc-worker")
        self._server = grpc.server(
            self._pool,  # type: ignore[arg-type]  # of an executor, grpc needs submit() alone
            interceptors=grpc_settings.SERVER_INTERCEPTORS,
            options=self.config.options,
        )
        with registry.collecting() as registered, registering(self.runtime):
            result = self.config.hook(self._server)
            if inspect.isawaitable(result):
                async_to_sync(_wait)(result)
        self.apps = registered.apps
        self._health = None
        if grpc_settings.ENABLE_HEALTH_CHECK:
            self._health = health.HealthServicer()
            health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
            for name in ("", *service_names(self.apps)):
                self._health.set(name, HealthCheckResponse.SERVING)
        self.port = _listen(self._server, self.config.address)
        self._server.start()

    def stop(self, grace: float | None = None) -> None:
        """Take no new calls, let those in flight finish within ``grace`` seconds, and end."""
        if self._health is not None:
            self._health.enter_graceful_shutdown()
        self._server.stop(self.config.grace if grace is None else grace).wait()
        self.runtime.stop()
        self._pool.stop()

    def run(self, ready: Callable[["SyncServer"], None]) -> None:
        """Serve until a signal comes; call ``ready`` when the server listens."""
        stopping = threading.Event()

        def stop(*_: Any) -> None:
            if stopping.is_set():  # the second signal: now
                self._server.stop(0)
            stopping.set()

        self.start()
        if threading.current_thread() is threading.main_thread():
            for number in STOP_SIGNALS:
                signal.signal(number, stop)
        ready(self)
        stopping.wait()
        self.stop()


def service_names(apps: Mapping[str, registry.RegisteredApp]) -> list[str]:
    """The full names of what is served: ``questions.QuestionController``."""
    return sorted(
        f"{service.proto_package}.{service.get_controller_name()}"
        for app in apps.values()
        for service in app.services
    )


def _listen(server: Any, address: str) -> int:
    try:
        return server.add_insecure_port(address)  # type: ignore[no-any-return]
    except RuntimeError as exc:
        raise ConfigurationError(f"Cannot listen on {address}: {exc}") from exc


async def _wait(awaitable: Any) -> Any:
    return await awaitable
