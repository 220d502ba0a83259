"""Calls as Prometheus counts them: how many, how they end, how long they take."""

from collections.abc import Iterator
from time import perf_counter

from grpc import StatusCode
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric

from django_socio_grpc.adapters.observers import Begun, Ended
from django_socio_grpc.calls.plan import CallPlan
from django_socio_grpc.context import Context
from django_socio_grpc.observability.methods import method_of

LABELS = ("grpc_type", "grpc_service", "grpc_method")
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Seconds. A stream that is open for longer is counted, and no more."""


class CallMetrics:
    """An observer. Its metrics have the names that gRPC's middlewares of other languages use.

    The labels are those of methods that are registered: what a client calls by another name is
    not observed, and makes no series.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._started = Counter(
            "grpc_server_started", "Calls that have begun.", LABELS, registry=registry
        )
        self._handled = Counter(
            "grpc_server_handled",
            "Calls that are over, by their status.",
            (*LABELS, "grpc_code"),
            registry=registry,
        )
        self._seconds = Histogram(
            "grpc_server_handling_seconds",
            "How long calls took, from the first step to the status.",
            LABELS,
            registry=registry,
            buckets=BUCKETS,
        )
        registry.register(self)

    def __call__(self, plan: CallPlan) -> Begun:
        method = method_of(plan)
        labels = (method.kind, method.service, method.name)
        start = self._started.labels(*labels).inc
        observe = self._seconds.labels(*labels).observe
        handled = {StatusCode.OK: self._handled.labels(*labels, StatusCode.OK.name).inc}

        def begun(context: Context) -> Ended:
            start()
            since = perf_counter()

            def ended(code: StatusCode) -> None:
                count = handled.get(code)
                if count is None:  # seldom: each status has a series once it has been seen
                    count = handled[code] = self._handled.labels(*labels, code.name).inc
                count()
                observe(perf_counter() - since)

            return ended

        return begun

    def collect(self) -> Iterator[Metric]:
        """What can be told from the others, and so costs a call nothing."""
        open_calls: dict[tuple[str, ...], float] = {}
        # Ends first: a call that comes and goes meanwhile must not make it less than none.
        for counter, sign in ((self._handled, -1), (self._started, 1)):
            for family in counter.collect():
                for sample in family.samples:
                    if sample.name.endswith("_total"):
                        key = tuple(sample.labels[name] for name in LABELS)
                        open_calls[key] = open_calls.get(key, 0) + sign * sample.value
        gauge = GaugeMetricFamily(
            "grpc_server_in_flight", "Calls, open streams among them, now.", labels=LABELS
        )
        for key, value in open_calls.items():
            gauge.add_metric(key, value)
        yield gauge
