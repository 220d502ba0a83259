"""A server whose health is asked for, and checks that a test decides."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from declared import Contract
from django.test import override_settings
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, RunningServer, serve
from echo import EchoService
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse
from waiting import until

SERVING = HealthCheckResponse.SERVING
NOT_SERVING = HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = HealthCheckResponse.SERVICE_UNKNOWN
ECHO = "tests.EchoController"
PATIENCE = 20.0
OFTEN = 0.05


class Health:
    """The health service of the server at the other end of ``channel``."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.stub: Any = health_pb2_grpc.HealthStub(channel)

    def check(self, service: str = "") -> int:
        request = health_pb2.HealthCheckRequest(service=service)
        status: int = self.stub.Check(request, timeout=PATIENCE).status
        return status

    def list_all(self) -> dict[str, int]:
        request = getattr(health_pb2, "HealthListRequest")()  # noqa: B009  # not in its stubs
        reply = self.stub.List(request, timeout=PATIENCE)
        return {name: status.status for name, status in reply.statuses.items()}

    def watch(self, service: str = "") -> Any:
        request = health_pb2.HealthCheckRequest(service=service)
        return self.stub.Watch(request, timeout=PATIENCE)

    def wait_for(self, status: int, service: str = "") -> None:
        until(lambda: self.check(service) == status)


@contextmanager
def health_of(
    mode: Mode, *services: type[Service], **settings: Any
) -> Iterator[tuple[RunningServer, Health]]:
    """Serve ``services``, or an echo, with these settings of ``GRPC_FRAMEWORK``."""
    contract = Contract(*(services or (EchoService,)))
    framework = {"ENABLE_HEALTH_CHECK": True, "HEALTH_INTERVAL": OFTEN, **settings}
    with (
        override_settings(GRPC_FRAMEWORK=framework),
        serve(mode, contract.hook) as running,
        running.channel() as channel,
    ):
        yield running, Health(channel)


class Switch:
    """A check that passes while it is on, counts its runs, and knows whether it was closed."""

    def __init__(self, *, on: bool = True) -> None:
        self.on = on
        self.runs = 0
        self.closed = False

    def __call__(self) -> None:
        self.runs += 1
        if not self.on:
            raise RuntimeError("It is off.")

    def close(self) -> None:
        self.closed = True


class Gate:
    """A check that hangs while it is shut."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.runs = 0

    def __call__(self) -> None:
        self.runs += 1
        self.open.wait(PATIENCE)
