"""Both servers say that they live although they have no room for one more call."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from declared import Contract, code_of
from django.test import override_settings
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.health import messages, monitor
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from echo import TEXT, EchoService
from grpc import StatusCode
from healths import ECHO, NOT_SERVING, PATIENCE, SERVING, Health, Switch, health_of
from waiting import until

WORKERS = 2
CALLS = 3 * WORKERS


class Busy(Service):
    """Its handlers work until they are let go, and keep what they work on."""

    service_name = "Busy"
    pb: Any
    begun = 0
    release = threading.Event()

    @grpc_action(request=TEXT, response=TEXT)
    def Work(self, request: Any, context: Any) -> Any:
        Busy.begun += 1
        self.release.wait(PATIENCE)
        return self.pb.BusyWorkResponse()

    @grpc_action(request=TEXT, response=TEXT)
    async def BlockTheLoop(self, request: Any, context: Any) -> Any:
        Busy.begun += 1
        self.release.wait(PATIENCE)
        return self.pb.BusyBlockTheLoopResponse()


@pytest.fixture(autouse=True)
def busy() -> Iterator[None]:
    Busy.begun = 0
    Busy.release.clear()
    yield
    Busy.release.set()


@contextmanager
def working(mode: Mode, name: str, calls: int) -> Iterator[Health]:
    """A server with ``calls`` to ``name`` of ``Busy``, which has room for ``WORKERS`` of them."""
    contract = Contract(Busy, EchoService)
    settings = {"ENABLE_HEALTH_CHECK": True, "HEALTH_CHECKS": [Switch()]}
    with (
        override_settings(GRPC_FRAMEWORK=settings),
        serve(mode, contract.hook, max_workers=WORKERS) as running,
        running.channel() as channel,
        grpc.insecure_channel(running.target, [("grpc.channel_id", 1)]) as other,
        ThreadPoolExecutor(calls) as clients,
    ):
        call = getattr(contract.stub(channel).options(timeout=2 * PATIENCE), name)
        replies = [clients.submit(call, text="") for _ in range(calls)]
        until(lambda: Busy.begun >= min(WORKERS, calls))
        yield Health(other)
        Busy.release.set()
        for reply in replies:
            reply.result(PATIENCE)


def test_a_server_without_a_free_worker_is_healthy(mode: Mode) -> None:
    with working(mode, "Work", CALLS) as health:
        watch = health.watch()
        assert next(watch).status == SERVING
        for name in ("", ECHO, "liveness"):
            assert health.check(name) == SERVING
        assert health.list_all()["liveness"] == SERVING
        assert Busy.begun == WORKERS, "the other calls wait"
        watch.cancel()


def test_a_loop_that_is_stuck_beside_the_threads_is_no_life(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(monitor, "STUCK", 0.5)
    monkeypatch.setattr(monitor, "BEAT", 0.05)
    with working("sync", "BlockTheLoop", 1) as health:
        health.wait_for(NOT_SERVING, "liveness")
        Busy.release.set()
        health.wait_for(SERVING, "liveness")


def test_who_asks_and_says_nothing_keeps_no_thread_for_long(
    mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "PATIENCE", 0.5)
    silent = threading.Event()

    def nothing() -> Iterator[bytes]:
        silent.wait(PATIENCE)
        yield from ()

    with health_of(mode) as (running, health), running.channel() as channel:
        check: Any = channel.stream_unary("/grpc.health.v1.Health/Check")
        idle = [check.future(nothing(), timeout=PATIENCE) for _ in range(40)]
        assert health.check() == SERVING
        assert {call.code() for call in idle} == {StatusCode.CANCELLED}
        silent.set()


class Passing(grpc.ServerInterceptor):
    """Calls what it stands before with two arguments, as interceptors do."""

    def intercept_service(self, continuation: Any, details: Any) -> Any:
        handler = continuation(details)
        if handler.response_streaming:
            return grpc.stream_stream_rpc_method_handler(
                lambda requests, context: handler.stream_stream(requests, context)
            )
        return grpc.stream_unary_rpc_method_handler(
            lambda requests, context: handler.stream_unary(requests, context)
        )


def test_an_interceptor_before_the_health_service() -> None:
    switch = Switch()
    settings = {"SERVER_INTERCEPTORS": [Passing()], "HEALTH_CHECKS": [switch]}
    with health_of("sync", **settings) as (running, health):
        assert health.check() == SERVING
        watch = health.watch()
        assert next(watch).status == SERVING
        switch.on = False
        assert next(watch).status == NOT_SERVING
        began = time.monotonic()
        running.stop(4 * PATIENCE)
        assert time.monotonic() - began < 2 * PATIENCE, "the watch does not hold it up"
        assert code_of(lambda: next(watch)) is StatusCode.UNAVAILABLE
