"""A real server on a loopback port, for tests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc

from django_socio_grpc.concurrency import LoopThread
from django_socio_grpc.registry import handlers_hook
from django_socio_grpc.server import AioServer, Mode, ServerConfig, SyncServer
from django_socio_grpc.settings import grpc_settings

__all__ = ["Mode", "RunningServer", "serve"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """A server that answers at ``target``, ``127.0.0.1:PORT``.

    ``stop(grace)`` ends it before its block does, with ``grace`` seconds for calls in flight.
    """

    mode: Mode
    target: str
    server: AioServer | SyncServer
    stop: Callable[[float], None]

    @contextmanager
    def channel(self) -> Iterator[grpc.Channel]:
        """A channel to the server, closed at the end of the block."""
        with grpc.insecure_channel(self.target) as channel:
            yield channel


@contextmanager
def serve(
    mode: Mode, hook: Callable[[Any], Any] | None = None, **config: Any
) -> Iterator[RunningServer]:
    """Run the server of ``mode`` for the block, with the services of the project or of ``hook``.

    Handlers run in threads of the server's with connections of their own, so they see what is
    committed: use ``TransactionTestCase`` or ``pytest.mark.django_db(transaction=True)``.
    ``config`` are fields of ``ServerConfig``.
    """
    before = grpc_settings.GRPC_ASYNC
    grpc_settings.GRPC_ASYNC = mode == "aio"
    full = ServerConfig(address="127.0.0.1:0", hook=hook or handlers_hook(), **config)
    start = _serve_aio if mode == "aio" else _serve_sync
    try:
        with start(full) as (server, stop):
            target = f"127.0.0.1:{server.port}"
            try:
                yield RunningServer(mode=mode, target=target, server=server, stop=stop)
            finally:
                stop(0)
    finally:
        grpc_settings.GRPC_ASYNC = before


@contextmanager
def _serve_aio(config: ServerConfig) -> Iterator[tuple[AioServer, Callable[[float], None]]]:
    thread = LoopThread()
    try:
        server = AioServer(config)
        thread.run(server.start())
        yield server, lambda grace: thread.run(server.stop(grace))
    finally:
        thread.stop()


@contextmanager
def _serve_sync(config: ServerConfig) -> Iterator[tuple[SyncServer, Callable[[float], None]]]:
    server = SyncServer(config)
    server.start()
    yield server, server.stop
