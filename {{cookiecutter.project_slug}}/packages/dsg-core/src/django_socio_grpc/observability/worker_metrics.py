"""What Prometheus sees of several workers, by way of their parent: one port for all of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families

from django_socio_grpc.observability.exposition import Exposition

Ports = Callable[[], Mapping[int, int]]

LOOPBACK = "127.0.0.1"
PATIENCE = 3.0
"""Seconds for a worker to answer: Prometheus waits for ten."""


class WorkerMetrics:
    """A collector that asks each worker, at the port of ``ports()`` on this machine.

    What a worker says gets its number as the label ``worker``. Who does not answer is left out.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def describe(self) -> Iterable[Metric]:
        """Nothing: there are no workers yet when a registry asks."""
        return ()

    def collect(self) -> Iterator[Metric]:
        answered = GaugeMetricFamily(
            "grpc_server_worker_answers", "Whether a worker tells of itself.", labels=["worker"]
        )
        families: dict[str, Metric] = {}
        for number, port in sorted(self._ports().items()):
            told = _ask(port)
            answered.add_metric([str(number)], told is not None)
            for family in told or ():
                merged = families.setdefault(family.name, _empty(family))
                for sample in family.samples:
                    labels = {**sample.labels, "worker": str(number)}
                    merged.samples.append(sample._replace(labels=labels))
        yield answered
        yield from families.values()


def show(host: str, port: int, ports: Ports) -> Exposition:
    """Show the metrics of the workers at ``host``.

    Raises:
        ConfigurationError: the address cannot be had.
    """
    registry = CollectorRegistry()
    registry.register(WorkerMetrics(ports))
    return Exposition(host, port, registry)


def _ask(port: int) -> list[Metric] | None:
    connection = HTTPConnection(LOOPBACK, port, timeout=PATIENCE)
    with closing(connection), suppress(OSError, HTTPException, ValueError):
        connection.request("GET", "/metrics")
        return list(text_string_to_metric_families(connection.getresponse().read().decode()))
    return None


def _empty(family: Metric) -> Metric:
    return Metric(family.name, family.documentation, family.type)
