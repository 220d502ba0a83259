"""What the settings say that a server tells of itself."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from time import monotonic
from typing import Any, Protocol, TypeAlias

from django.utils.module_loading import import_string

from django_socio_grpc.adapters.observers import Observer
from django_socio_grpc.concurrency import Watchdog, WorkLoad
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.observability.access_log import AccessLog
from django_socio_grpc.observability.blocked import log_blocked, log_free
from django_socio_grpc.observability.database_log import DatabaseLog
from django_socio_grpc.observability.records import recording
from django_socio_grpc.observability.request_ids import return_request_id
from django_socio_grpc.settings import grpc_settings

Loads: TypeAlias = Callable[[], Mapping[str, WorkLoad]]
"""What each kind of threads is at, by its name."""

Dropped: TypeAlias = Callable[[], Mapping[str, int]]
"""How many records each log has lost, by its name."""

LAST_RECORDS = 2.0
"""Seconds for what is left of the logs when the server has stopped."""

PORT_CLOSES = 1.0
"""Seconds for the port of the metrics to close."""


class Metrics(Protocol):
    """What shows metrics, made by a module that is imported only if the settings ask for it."""

    observer: Observer

    @property
    def port(self) -> int | None: ...
    def start(self, loads: Loads, dropped: Dropped) -> None: ...
    def stop(self, timeout: float) -> None: ...


class Telling:
    """The logs, the metrics and the traces of one server.

    ``observers`` are for its runtime. What costs something is on only if the settings ask for it;
    ``metrics``, a host and a port or None, and ``database_log`` are those of the settings, or
    others.

    Raises:
        ConfigurationError: what a setting asks for is not installed.
    """

    def __init__(self, *, metrics: tuple[str, int] | None, database_log: str) -> None:
        self.observers: list[Observer] = []
        self.logs: dict[str, AccessLog | DatabaseLog] = {}
        self._watchdog: Watchdog | None = None
        self._metrics: Metrics | None = None
        if grpc_settings.TRACING:  # the first to begin, and the last to end
            self.observers.append(_optional("TRACING", "opentelemetry", "tracing.Tracing")())
        if metrics is not None:
            make = _optional("METRICS_PORT", "prometheus_client", "metrics.Metrics")
            self._metrics = make(*metrics)
            self.observers.append(self._metrics.observer)
        if grpc_settings.RETURN_REQUEST_ID:
            self.observers.append(return_request_id)
        self._log("access", grpc_settings.REQUEST_LOG, AccessLog)
        self._log("database", database_log, DatabaseLog)

    @property
    def metrics_port(self) -> int | None:
        """Where the metrics are shown, or None."""
        return None if self._metrics is None else self._metrics.port

    def start(self, loads: Loads, loop: Any) -> None:
        """Show the metrics, those of the threads' ``loads`` among them, and watch the ``loop``.

        Raises:
            ConfigurationError: the address of the metrics cannot be had.
        """
        if self._metrics is not None:
            self._metrics.start(loads, self._dropped)
        if grpc_settings.LOOP_WATCHDOG:
            self._watchdog = Watchdog(loop, grpc_settings.LOOP_WATCHDOG, log_blocked, log_free)

    def stop(self) -> None:
        """All calls are over: write what is left of them, and end. It may take seconds."""
        if self._watchdog is not None:
            self._watchdog.stop()
        deadline = monotonic() + LAST_RECORDS
        for log in self.logs.values():
            log.stop(max(0.0, deadline - monotonic()))
        if self._metrics is not None:
            self._metrics.stop(PORT_CLOSES)

    def _log(self, name: str, which: str, make: type[AccessLog | DatabaseLog]) -> None:
        if which != "off":
            log = self.logs[name] = make()
            self.observers.append(recording(log.keep, successes=which == "all"))

    def _dropped(self) -> Mapping[str, int]:
        return {name: log.dropped for name, log in self.logs.items()}


@contextmanager
def showing_workers(ports: Callable[[], Mapping[int, int]]) -> Iterator[int | None]:
    """Within this block show the metrics of workers, who show theirs at ``ports()``, by number.

    Yields the port, or None: METRICS_PORT asks for none.
    """
    if grpc_settings.METRICS_PORT is None:
        yield None
        return
    show = _optional("METRICS_PORT", "prometheus_client", "worker_metrics.show")
    exposition = show(grpc_settings.METRICS_HOST, grpc_settings.METRICS_PORT, ports)
    try:
        yield exposition.port
    finally:
        exposition.stop(PORT_CLOSES)


def _optional(setting: str, package: str, path: str) -> Any:
    """What needs ``package``, which not every server has."""
    if find_spec(package) is None:
        extra = "tracing" if setting == "TRACING" else "metrics"
        raise ConfigurationError(
            f"GRPC_FRAMEWORK[{setting!r}] is set, but {package} is not installed. Run: "
            f"pip install 'dsg-core[{extra}]'"
        )
    return import_string(f"django_socio_grpc.observability.{path}")
