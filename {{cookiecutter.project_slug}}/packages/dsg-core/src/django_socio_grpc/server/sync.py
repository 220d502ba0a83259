"""The server with threads."""

import queue
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse

from django_socio_grpc.adapters import SyncRuntime
from django_socio_grpc.concurrency import PoolExecutor, Slots, settled
from django_socio_grpc.server.base import EXIT_MARGIN, THREADS_END, BaseServer
from django_socio_grpc.server.stopping import stop_signals
from django_socio_grpc.settings import grpc_settings


class SyncServer(BaseServer):
    """``grpc.server``: sync handlers in its threads, async handlers on a loop beside them."""

    mode = "sync"
    interceptor_class = grpc.ServerInterceptor

    def start(self) -> None:
        """Register the services and listen.

        Raises:
            ConfigurationError: the address cannot be had, or a service is not right.
        """
        self._prepare_port()
        grpc_settings.GRPC_ASYNC = False
        with ExitStack() as started:
            self.runtime = SyncRuntime(Slots(self.config.max_workers), self.config.max_workers)
            # Without a loop to work for, a thread that awaits something makes one each time.
            loop = self.runtime.loop.loop
            pool = PoolExecutor(self.config.max_workers, "grpc-worker", paced=True, loop=loop)
            started.callback(pool.stop, THREADS_END)
            started.callback(self.runtime.stop, THREADS_END)
            self._server = grpc.server(
                pool,  # type: ignore[arg-type]  # of an executor, grpc needs submit() alone
                interceptors=self._interceptors(),
                options=self.config.options,
                compression=self.config.compression,
            )
            with self._registering(self._server, self.runtime) as result:
                settled(result)
            if self.config.asyncio_debug:
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
