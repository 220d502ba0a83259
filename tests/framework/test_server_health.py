"""Both servers: the health service."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from declared import Contract
from django.test import override_settings
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, RunningServer, serve
from echo import EchoService
from grpc import StatusCode
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse


@contextmanager
def health_of(mode: Mode, service: type[Service]) -> Iterator[tuple[RunningServer, Any]]:
    contract = Contract(service)
    with (
        override_settings(GRPC_FRAMEWORK={"ENABLE_HEALTH_CHECK": True}),
        serve(mode, contract.hook) as running,
        running.channel() as channel,
    ):
        yield running, health_pb2_grpc.HealthStub(channel)


def test_health_of_the_server_and_of_each_service(mode: Mode) -> None:
    with health_of(mode, EchoService) as (_, stub):
        for name in ("", "tests.EchoController"):
            reply = stub.Check(health_pb2.HealthCheckRequest(service=name))
            assert reply.status == HealthCheckResponse.SERVING
        with pytest.raises(grpc.RpcError) as caught:
            stub.Check(health_pb2.HealthCheckRequest(service="tests.OtherController"))
        assert caught.value.code() is StatusCode.NOT_FOUND


def test_who_watches_the_health_hears_of_the_stop(mode: Mode) -> None:
    with health_of(mode, EchoService) as (running, stub):
        name = "tests.EchoController"
        watch = stub.Watch(health_pb2.HealthCheckRequest(service=name), timeout=10)
        assert next(watch).status == HealthCheckResponse.SERVING
        stopping = threading.Thread(target=running.stop, args=(0.5,))
        stopping.start()
        assert next(watch).status == HealthCheckResponse.NOT_SERVING
        stopping.join()


def test_health_is_off_unless_it_is_asked_for(mode: Mode) -> None:
    with serve(mode, Contract(EchoService).hook) as running, running.channel() as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.Check(health_pb2.HealthCheckRequest())
        assert caught.value.code() is StatusCode.UNIMPLEMENTED
