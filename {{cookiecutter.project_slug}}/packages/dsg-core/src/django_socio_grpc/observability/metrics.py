"""What Prometheus sees of one server."""

from prometheus_client import REGISTRY, CollectorRegistry

from django_socio_grpc.observability.call_metrics import CallMetrics
from django_socio_grpc.observability.exposition import Exposition
from django_socio_grpc.observability.server_metrics import ServerMetrics
from django_socio_grpc.observability.telling import Dropped, Loads


class Metrics:
    """Counts calls by its ``observer``, and shows them at ``host``, from ``start`` to ``stop``.

    The registry is the server's own, and shows what is in Prometheus' default one as well: the
    metrics of the process, and those that the project makes.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._registry = CollectorRegistry()
        self._exposition: Exposition | None = None
        self.observer = CallMetrics(self._registry)
        self._registry.register(REGISTRY)

    @property
    def port(self) -> int | None:
        """Where metrics are shown, once they are."""
        return None if self._exposition is None else self._exposition.port

    def start(self, loads: Loads, dropped: Dropped) -> None:
        """Show the metrics.

        Raises:
            ConfigurationError: the address cannot be had.
        """
        ServerMetrics(self._registry, loads, dropped)
        self._exposition = Exposition(self._host, self._port, self._registry)

    def stop(self, timeout: float) -> None:
        if self._exposition is not None:
            self._exposition.stop(timeout)
