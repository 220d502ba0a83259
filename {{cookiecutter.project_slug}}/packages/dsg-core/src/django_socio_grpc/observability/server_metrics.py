"""The state of a server as Prometheus sees it, read when somebody asks: calls pay nothing."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connections
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from django_socio_grpc.observability.telling import Dropped, Loads

POOL_GAUGES = {
    "pool_max": ("max", "Connections that the pool may have."),
    "pool_size": ("size", "Connections that the pool has."),
    "pool_available": ("available", "Connections that wait for somebody to use them."),
    "requests_waiting": ("requests_waiting", "Threads that wait for a connection."),
}
POOL_COUNTERS = {
    "requests_num": ("requests", "Times that a connection was asked for."),
    "requests_queued": ("requests_queued", "Times that one had to be waited for."),
    "requests_errors": ("requests_errors", "Times that none was had in time."),
    "connections_num": ("connections", "Connections that were opened."),
    "connections_errors": ("connections_errors", "Connections that could not be opened."),
    "connections_lost": ("connections_lost", "Connections that were found broken."),
}
"""What ``psycopg_pool`` tells, and what it is here; it leaves out what is 0."""


class ServerMetrics:
    """A collector of ``loads``, of each kind of threads, and of what logs have ``dropped``."""

    def __init__(self, registry: CollectorRegistry, loads: Loads, dropped: Dropped) -> None:
        self._loads = loads
        self._dropped = dropped
        registry.register(self)

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that a registry does not ask for the state before there is one."""
        return ()

    def collect(self) -> Iterator[Metric]:
        yield from self._threads()
        yield from _database_pools()
        dropped = CounterMetricFamily(
            "grpc_server_log_dropped",
            "Records of calls that were lost because too many waited.",
            labels=["log"],
        )
        for name, number in self._dropped().items():
            dropped.add_metric([name], number)
        yield dropped

    def _threads(self) -> Iterator[Metric]:
        loads = self._loads()
        for name, text in (
            ("most", "Threads that there may be."),
            ("limit", "Threads that may work at once, now: fewer while they compute."),
            ("threads", "Threads that there are."),
            ("busy", "Threads that are at a job."),
            ("queued", "Jobs that wait for a thread."),
        ):
            gauge = GaugeMetricFamily(f"grpc_server_pool_{name}", text, labels=["pool"])
            for pool, load in loads.items():
                gauge.add_metric([pool], getattr(load, name))
            yield gauge


def _database_pools() -> Iterator[Metric]:
    stats = {alias: pool.get_stats() for alias, pool in _pools()}
    for source, (name, text) in POOL_GAUGES.items():
        gauge = GaugeMetricFamily(f"django_db_pool_{name}", text, labels=["database"])
        for alias, values in stats.items():
            gauge.add_metric([alias], values.get(source, 0))
        yield gauge
    for source, (name, text) in POOL_COUNTERS.items():
        counter = CounterMetricFamily(f"django_db_pool_{name}", text, labels=["database"])
        for alias, values in stats.items():
            counter.add_metric([alias], values.get(source, 0))
        yield counter
    waited = CounterMetricFamily(
        "django_db_pool_wait_seconds",
        "Seconds that connections have been waited for.",
        labels=["database"],
    )
    for alias, values in stats.items():
        waited.add_metric([alias], values.get("requests_wait_ms", 0) / 1000)
    yield waited


def _pools() -> Iterator[tuple[str, Any]]:
    """The pools of psycopg, by the alias of their database, where the settings have one."""
    for alias in connections:
        wrapper: Any = connections[alias]
        if wrapper.vendor == "postgresql" and wrapper.settings_dict["OPTIONS"].get("pool"):
            yield alias, wrapper.pool
