"""The server with threads."""

import queue
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import grpc

from django_socio_grpc.adapters import NOTICE, SyncRuntime
from django_socio_grpc.concurrency import PoolExecutor, Slots, settled
from django_socio_grpc.health import SyncHealth
from django_socio_grpc.server.base import THREADS_END, BaseServer
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
            slots = Slots(self.config.max_workers)
            self.runtime = SyncRuntime(slots, self.config.max_workers, self.observers())
            # Without a loop to work for, a thread that awaits something makes one each time.
            loop = self.runtime.loop.loop
            pool = PoolExecutor(self.config.max_workers, "grpc-worker", paced=True, loop=loop)
            self.runtime.pool = pool
            started.callback(pool.stop, THREADS_END)
            started.callback(self.runtime.stop, THREADS_END)
            self._server = grpc.server(
                pool,  # type: ignore[arg-type]  # of an executor, grpc needs submit() alone
                interceptors=self._interceptors(),
                options=self.config.options,
            )
            with self._registering(self._server, self.runtime) as result:
                settled(result)
            if self.config.asyncio_debug:
                self.runtime.loop.loop.set_debug(True)
            self._health = None
            if grpc_settings.ENABLE_HEALTH_CHECK:
                self._health = SyncHealth(self.services, self.runtime.loop)
                started.callback(self._health.stop)
                self._health.start(self._server)
            self._listen(self._server)
            started.callback(self.telling.stop)
            self.telling.start(
                lambda: {"calls": pool.workload, "slots": slots.workload}, self.runtime.loop.loop
            )
            self._server.start()
            self._started = started.pop_all()

    def stop(self, grace: float | None = None) -> None:
        """Take no new calls, let those in flight finish within ``grace`` seconds, and end."""
        grace = self.config.grace if grace is None else grace
        if self._health is not None:
            self._health.drain()
        if grace > 0:
            self.runtime.door.close()
        if self._health is not None:
            self._health.end()
        stopped = self._server.stop(grace)
        self.runtime.leaving.begin()
        stopped.wait(NOTICE)
        self.runtime.door.open()
        stopped.wait()
        self._started.close()

    def run(self, ready: Callable[[Any], None], leaving: Callable[[Any], None]) -> None:
        """Serve until a signal; call ``ready`` when it listens, ``leaving`` when it stops."""
        # Of all that can be waited for, this alone may be set by a handler of signals, which
        # interrupts the very thread that waits.
        stopping: queue.SimpleQueue[int] = queue.SimpleQueue()
        with self._stop_signals(stopping.put):
            self.start()
            ready(self)
            number = stopping.get()
            leaving(self)
            if self._health is not None:
                self._health.drain()
            time.sleep(self.delay(number))
            self.stop()
