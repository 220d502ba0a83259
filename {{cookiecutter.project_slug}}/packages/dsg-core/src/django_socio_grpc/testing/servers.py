"""A real server on a loopback port, for tests."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc

from django_socio_grpc.client import Client, SyncClient
from django_socio_grpc.client.files import Source
from django_socio_grpc.concurrency import LoopThread
from django_socio_grpc.registry import handlers_hook
from django_socio_grpc.server import AioServer, Mode, ServerConfig, SyncServer
from django_socio_grpc.service import Service
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.testing.database import TestConnections, recover_middleware
from django_socio_grpc.testing.queries import (
    Queries,
    Recorder,
    assert_max_queries,
    assert_no_n_plus_one,
)
from django_socio_grpc.testing.stubs import Stub, Users, app_of, knowing, user_middleware

TIMEOUT = 30.0
"""Seconds that a call of a stub may take, so that a test of a handler that hangs ends."""

Hook = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """A server that answers at ``target``, ``127.0.0.1:PORT``.

    ``stop(grace)`` ends it before its block does, with ``grace`` seconds for calls in flight.
    """

    mode: Mode
    target: str
    server: AioServer | SyncServer
    stop: Callable[[float], None]
    recorder: Recorder
    _users: Users = field(default_factory=dict, repr=False)
    _client: SyncClient = field(default_factory=SyncClient, repr=False)
    _aio_client: Client = field(default_factory=Client, repr=False)

    @contextmanager
    def channel(self) -> Iterator[grpc.Channel]:
        """A channel to the server, closed at the end of the block."""
        with grpc.insecure_channel(self.target) as channel:
            yield channel

    def stub(self, service: type[Service], contract: Source | None = None) -> Stub:
        """Return the methods of ``service``: ``server.stub(QuestionService).Retrieve(id=1)``.

        ``contract`` is needed for a service that no ``AppHandlerRegistry`` registers.

        Raises:
            ConfigurationError: the server does not serve it.
        """
        return self._stub(self._client, service, contract)

    def astub(self, service: type[Service], contract: Source | None = None) -> Stub:
        """The same for async tests: ``await server.astub(QuestionService).Retrieve(id=1)``."""
        return self._stub(self._aio_client, service, contract)

    def queries(self) -> AbstractContextManager[Queries]:
        """A context manager that gives the queries which the server makes in its block."""
        return self.recorder.of_server()

    def assert_max_queries(self, limit: int) -> AbstractContextManager[Queries]:
        """As ``queries``; more than ``limit`` of them are an AssertionError that shows them."""
        return assert_max_queries(self.recorder, limit)

    def assert_no_n_plus_one(self, call: Callable[[], Any], add: Callable[[], Any]) -> None:
        """Raise AssertionError if ``call`` makes more queries when there are more rows.

        ``add`` makes one more row. It is called once before the first call and twice before the
        second. The message shows the queries that became more.
        """
        assert_no_n_plus_one(self.recorder, call, add)

    def _stub(
        self, client: SyncClient | Client, service: type[Service], contract: Source | None
    ) -> Stub:
        file = contract or app_of(service, self.server.apps).descriptor()
        methods = getattr(client.protos(file), service.get_controller_name())
        return Stub(methods, self.target, {"timeout": TIMEOUT}, self._users)

    @contextmanager
    def _open(self) -> Iterator["RunningServer"]:
        with knowing(self._users), self._client:
            try:
                yield self
            finally:
                self.stop(0)


@contextmanager
def serve(mode: Mode, hook: Hook | None = None, **config: Any) -> Iterator[RunningServer]:
    """Run the server of ``mode`` for the block, with the services of the project or of ``hook``.

    Handlers see what the test sees: in a ``TestCase`` they work in its transaction, on its
    connection. In a ``TransactionTestCase`` they have connections of their own, as in production.
    ``config`` are fields of ``ServerConfig``; METRICS_PORT and DATABASE_LOG are for production.
    """
    with serving(mode, hook, TestConnections(), Recorder(), **config) as running:
        yield running


@contextmanager
def serving(
    mode: Mode,
    hook: Hook | None,
    database: TestConnections,
    recorder: Recorder,
    **config: Any,
) -> Iterator[RunningServer]:
    """As ``serve``, for a test whose thread is the one of ``database`` and ``recorder``."""
    start = _serve_aio if mode == "aio" else _serve_sync
    with grpc_settings.override(GRPC_ASYNC=mode == "aio"):
        own = {"metrics_port": None, "database_log": "off", **config}
        full = ServerConfig(address="127.0.0.1:0", hook=hook or handlers_hook(), **own)
        with (
            recorder.installed(database.all),
            database.lent(),
            start(full) as (server, stop),
            RunningServer(
                mode=mode,
                target=f"127.0.0.1:{server.port}",
                server=server,
                stop=stop,
                recorder=recorder,
            )._open() as running,
        ):
            yield running


@contextmanager
def _serve_aio(config: ServerConfig) -> Iterator[tuple[AioServer, Callable[[float], None]]]:
    thread = LoopThread()
    try:
        server = AioServer(config)
        with _middlewares_of_tests():
            thread.run(server.start())
        yield server, lambda grace: thread.run(server.stop(grace))
    finally:
        thread.stop()


@contextmanager
def _serve_sync(config: ServerConfig) -> Iterator[tuple[SyncServer, Callable[[float], None]]]:
    server = SyncServer(config)
    with _middlewares_of_tests():
        server.start()
    yield server, server.stop


def _middlewares_of_tests() -> AbstractContextManager[None]:
    """Within this block services are registered with them, around and within the project's."""
    own = grpc_settings.GRPC_MIDDLEWARE
    return grpc_settings.override(GRPC_MIDDLEWARE=[recover_middleware, *own, user_middleware])
