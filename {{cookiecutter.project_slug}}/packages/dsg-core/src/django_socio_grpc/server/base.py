"""What both servers have in common: the services, the port, the health service."""

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, ClassVar, Literal

import grpc

from django_socio_grpc import registry
from django_socio_grpc.adapters import AioRuntime, SyncRuntime, registering
from django_socio_grpc.adapters.observers import Observer
from django_socio_grpc.address import bound_address, check_address
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.health import SERVICE
from django_socio_grpc.observability import Telling
from django_socio_grpc.server.config import ServerConfig
from django_socio_grpc.server.reflection import enable_reflection
from django_socio_grpc.server.stopping import stop_signals
from django_socio_grpc.server.tls import server_credentials
from django_socio_grpc.settings import grpc_settings

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
        self.telling = Telling(metrics=config.metrics, database_log=config.database_log)

    @property
    def address(self) -> str:
        return bound_address(self.config.address, self.port)

    def delay(self, number: int) -> float:
        """Seconds to take calls after the signal ``number``, while health says otherwise.

        SIGTERM comes from what stops servers for good, and may send them calls for a while. After
        CONTROL-C a person waits; a worker that is replaced has left its calls to another.
        """
        return self.config.delay if number == signal.SIGTERM else 0.0

    @property
    def time_to_stop(self) -> float:
        """Seconds from the first signal until a process that is not over yet is ended."""
        return self.config.delay + self.config.grace + EXIT_MARGIN

    def observers(self) -> Sequence[Observer]:
        """What is told of each call, the outermost first."""
        return (*self.telling.observers, *grpc_settings.OBSERVERS)

    def _stop_signals(self, stop: Callable[[int], None]) -> AbstractContextManager[None]:
        return stop_signals(stop, self.time_to_stop, again=self.config.worker is None)

    def _prepare_port(self) -> None:
        """Find out, before services are registered, whether the server can listen, and by TLS."""
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
            own = [SERVICE] if grpc_settings.ENABLE_HEALTH_CHECK else []
            enable_reflection(server, [*self.services, *own])
        try:
            if self.credentials is None:
                self.port = server.add_insecure_port(self.config.address)
            else:
                self.port = server.add_secure_port(self.config.address, self.credentials)
        except RuntimeError as exc:
            raise ConfigurationError(f"Cannot listen on {self.config.address}: {exc}") from exc
