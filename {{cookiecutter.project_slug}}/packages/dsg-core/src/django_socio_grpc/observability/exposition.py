"""The port where Prometheus asks for metrics."""

from contextlib import suppress
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler

from prometheus_client import start_http_server
from prometheus_client.registry import Collector

from django_socio_grpc.address import host_and_port
from django_socio_grpc.exceptions import ConfigurationError

PATIENCE = 10.0
"""Seconds that who asks may keep a thread waiting."""


class Handler(WSGIRequestHandler):
    """Of who is slow, gone, or asks for something else nothing is logged, and nobody waits."""

    timeout = PATIENCE

    def handle(self) -> None:
        with suppress(OSError):
            super().handle()

    def log_message(self, *_: Any) -> None:
        pass


class Exposition:
    """Answers GET with the metrics of ``registry``, on a port and in threads of its own.

    Port 0 is any that is free; ``port`` is the one that it has.

    Raises:
        ConfigurationError: the address cannot be had.
    """

    def __init__(self, host: str, port: int, registry: Collector) -> None:
        try:
            self._server, self._thread = start_http_server(port, host, registry)
        except OSError as exc:
            raise ConfigurationError(
                f"Cannot show metrics on {host_and_port(host, port)}, which "
                f"GRPC_FRAMEWORK['METRICS_HOST'] and ['METRICS_PORT'] name: {exc.strerror}. Name "
                "an address of this machine and a free port, or the port None for no metrics."
            ) from exc
        self._server.RequestHandlerClass = Handler
        self.port: int = self._server.server_port

    def stop(self, timeout: float) -> None:
        """Close the port; wait ``timeout`` seconds at most for its thread."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout)
