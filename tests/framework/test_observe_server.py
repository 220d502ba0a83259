"""What Prometheus sees of the server itself: its threads, its port, the database's pools."""

import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from django.test import override_settings
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.observability import telling
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from observed import PATIENCE, AsyncObserved, Samples, observed, say
from prometheus_client import REGISTRY, Counter
from waiting import until

TEXT = [{"name": "text", "type": "string"}]
STATES = ("most", "limit", "threads", "busy", "queued")


class Busy(Service):
    service_name = "Busy"
    pb: Any
    gate = threading.Event()
    entered = threading.Semaphore(0)

    @grpc_action(request=TEXT, response=TEXT)
    def Unary(self, request: Any, context: Any) -> Any:
        self.entered.release()
        assert self.gate.wait(PATIENCE)
        return self.pb.BusyUnaryResponse(text="done")


@pytest.fixture(autouse=True)
def _open() -> Iterator[None]:
    Busy.gate.clear()
    yield
    Busy.gate.set()


def state(samples: Samples, pool: str) -> dict[str, Any]:
    return {name: samples.value(f"grpc_server_pool_{name}", pool=pool) for name in STATES}


def test_the_threads_of_calls(mode: Mode) -> None:
    with observed(mode, Busy, metrics_port=0, max_workers=1) as (server, stub):
        assert state(Samples(server), "calls")["busy"] == 0
        method, request = stub.method("Unary"), stub.pb.BusyUnaryRequest()
        calls = [method.future(request, timeout=PATIENCE) for _ in range(3)]
        assert Busy.entered.acquire(timeout=PATIENCE)
        until(lambda: state(Samples(server), "calls")["queued"] == 2)
        assert state(Samples(server), "calls") == {
            "most": 1,
            "limit": 1,
            "threads": 1,
            "busy": 1,
            "queued": 2,
        }
        Busy.gate.set()
        for call in calls:
            call.result()
        until(lambda: state(Samples(server), "calls")["busy"] == 0)


def test_every_kind_of_threads(mode: Mode) -> None:
    with observed(mode, AsyncObserved, metrics_port=0) as (server, _):
        labels = Samples(server).labels("grpc_server_pool_threads")
    kinds = {"calls", "slots"} | ({"streams"} if mode == "aio" else set())
    assert {each["pool"] for each in labels} == kinds


def test_metrics_of_the_process_and_of_the_project(mode: Mode) -> None:
    sold = Counter("books_sold", "Of the project's own.")
    try:
        sold.inc(3)
        with observed(mode, AsyncObserved, metrics_port=0) as (server, _):
            samples = Samples(server)
    finally:
        REGISTRY.unregister(sold)
    assert samples.value("books_sold_total") == 3
    assert samples.labels("python_info")


def test_the_port_closes_with_the_server(mode: Mode) -> None:
    with observed(mode, AsyncObserved, metrics_port=0) as (server, _):
        port = Samples(server).port
    with pytest.raises(URLError):
        urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE)


def test_a_port_that_is_taken_is_an_error_at_the_start(mode: Mode) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(ConfigurationError, match=f"Cannot show metrics on 127.0.0.1:{port}"),
            observed(mode, AsyncObserved, metrics_port=port),
        ):
            raise AssertionError("it serves")


@pytest.mark.parametrize(
    ("settings", "config", "message"),
    [
        ({}, {"metrics_port": 0}, r"METRICS_PORT.* prometheus_client .*dsg-core\[metrics\]"),
        ({"TRACING": True}, {}, r"TRACING.* opentelemetry .*dsg-core\[tracing\]"),
    ],
)
def test_what_is_not_installed_is_an_error_at_the_start(
    mode: Mode,
    settings: dict[str, Any],
    config: dict[str, Any],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telling, "find_spec", lambda name: None)
    with (
        override_settings(GRPC_FRAMEWORK=settings),
        pytest.raises(ConfigurationError, match=message),
        observed(mode, AsyncObserved, **config),
    ):
        raise AssertionError("it serves")


@override_settings(GRPC_FRAMEWORK={"METRICS_PORT": 1, "DATABASE_LOG": "all"})
def test_servers_of_tests_take_no_port_of_the_projects(mode: Mode) -> None:
    with observed(mode, AsyncObserved) as (server, stub):
        assert say(stub, "Unary", "x") == ["x"]
        assert server.server.telling.metrics_port is None
