"""Both servers: the health service."""

import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from declared import Contract, code_of
from django_socio_grpc.health import messages
from django_socio_grpc.testing import Mode, serve
from echo import EchoService
from grpc import StatusCode
from grpc_health.v1 import health_pb2
from healths import ECHO, NOT_SERVING, SERVING, Health, Switch, health_of


def test_health_of_the_server_of_each_service_and_of_the_process(mode: Mode) -> None:
    with health_of(mode) as (_, health):
        for name in ("", ECHO, "liveness"):
            assert health.check(name) == SERVING
        with pytest.raises(grpc.RpcError) as caught:
            health.check("tests.OtherController")
    assert caught.value.code() is StatusCode.NOT_FOUND
    assert caught.value.details() == "There is no service 'tests.OtherController'."


def test_all_at_once(mode: Mode) -> None:
    off = Switch(on=False)
    with health_of(mode, HEALTH_CHECKS=[(off, [ECHO])]) as (_, health):
        assert health.list_all() == {"": SERVING, ECHO: NOT_SERVING, "liveness": SERVING}


def test_all_at_once_needs_messages_of_it(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "HealthListResponse", None)
    with health_of(mode) as (_, health):
        assert health.check() == SERVING
        assert code_of(health.list_all) is StatusCode.UNIMPLEMENTED


def test_who_watches_hears_of_the_stop_and_does_not_hold_it_up(mode: Mode) -> None:
    with health_of(mode) as (running, health):
        watches = [health.watch(name) for name in ("", ECHO, "liveness")]
        assert [next(watch).status for watch in watches] == [SERVING] * 3
        stopping = threading.Thread(target=running.stop, args=(60,))
        stopping.start()
        for watch in watches[:2]:
            assert next(watch).status == NOT_SERVING
        for watch in watches:
            with pytest.raises(grpc.RpcError) as caught:
                next(watch)
            assert caught.value.code() is StatusCode.UNAVAILABLE
            assert caught.value.details() == "The server stops."
        stopping.join(20)
        assert not stopping.is_alive()


def test_a_call_without_a_message_does_not_hold_up_the_stop(mode: Mode) -> None:
    with health_of(mode) as (running, health), running.channel() as channel:
        silent = threading.Event()
        rpcs: list[Any] = [
            channel.stream_unary(f"/grpc.health.v1.Health/{name}")
            for name in ("Check", "List", "Watch")
        ]
        calls = [rpc.future(_nothing_until(silent), timeout=60) for rpc in rpcs for _ in range(2)]
        assert health.check() == SERVING
        stopping = threading.Thread(target=running.stop, args=(60,))
        stopping.start()
        stopping.join(20)
        assert not stopping.is_alive()
        codes = {call.code() for call in calls}
        assert codes <= {StatusCode.UNAVAILABLE, StatusCode.CANCELLED}
        silent.set()


def _nothing_until(end: threading.Event) -> Iterator[bytes]:
    end.wait(60)
    yield from ()


def test_a_call_that_ends_without_a_message_is_answered(mode: Mode) -> None:
    with health_of(mode) as (running, _), running.channel() as channel:
        for name in ("Check", "List", "Watch"):
            assert _error(channel, name).code() is StatusCode.UNIMPLEMENTED
        error = _error(channel, "Check", b"\x0a\xff")
        assert error.code() is StatusCode.INTERNAL
        assert error.details() == "The request is not a valid grpc.health.v1.HealthCheckRequest."


def _error(channel: grpc.Channel, name: str, *requests: bytes) -> Any:
    call: Any = channel.stream_stream(f"/grpc.health.v1.Health/{name}")
    with pytest.raises(grpc.RpcError) as caught:
        list(call(iter(requests), timeout=20))
    return caught.value


def test_health_is_off_unless_it_is_asked_for(mode: Mode) -> None:
    with serve(mode, Contract(EchoService).hook) as running, running.channel() as channel:
        with pytest.raises(grpc.RpcError) as caught:
            Health(channel).stub.Check(health_pb2.HealthCheckRequest())
        assert caught.value.code() is StatusCode.UNIMPLEMENTED
