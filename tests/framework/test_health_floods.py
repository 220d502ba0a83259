"""Clients that hold the health service up: it has to answer to others all the same."""

import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django_socio_grpc.health import sync as health_sync
from django_socio_grpc.testing import Mode
from grpc_health.v1 import health_pb2
from healths import NOT_SERVING, SERVING, Switch, health_of

from faults.wire import Wire, frame, http2_frame

MANY = 3 * health_sync.THREADS


def test_many_who_send_nothing(mode: Mode) -> None:
    """Each would keep a thread of grpc.server's for as long as it is waited for."""
    silent = threading.Event()

    def nothing() -> Iterator[bytes]:
        silent.wait(60)
        yield from ()

    with health_of(mode) as (running, health), running.channel() as channel:
        held: list[Any] = [
            getattr(channel, kind)(f"/grpc.health.v1.Health/{name}")
            for name, kind in (("Check", "stream_unary"), ("Watch", "stream_unary"))
        ]
        calls = [rpc.future(nothing(), timeout=60) for rpc in held for _ in range(MANY)]
        try:
            for _ in range(3):
                assert health.check() == SERVING
                assert next(health.watch()).status == SERVING
        finally:
            silent.set()
            for call in calls:
                call.cancel()


def test_many_who_watch_and_take_no_news(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_sync, "TO_TAKE", 0.3)
    switch = Switch()
    with health_of(mode, HEALTH_CHECKS=[switch]) as (running, health), ExitStack() as wires:
        request = frame(health_pb2.HealthCheckRequest().SerializeToString())
        for _ in range(MANY):
            wire = wires.enter_context(Wire(running.target))
            # SETTINGS_INITIAL_WINDOW_SIZE is 0 from now on.
            wire.raw(http2_frame(4, 0, 0, struct.pack(">HI", 4, 0)))
            wire.send(wire.open("/grpc.health.v1.Health/Watch"), request, end=True)
        watch = health.watch()
        assert next(watch).status == SERVING
        switch.on = False
        assert next(watch).status == NOT_SERVING
