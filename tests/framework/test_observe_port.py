"""The port of the metrics, and who comes to it."""

import socket
from urllib.request import urlopen

import pytest
from django_socio_grpc.observability import exposition
from prometheus_client import CollectorRegistry, Gauge

PATIENCE = 20.0


@pytest.mark.parametrize("sent", [b"", b"GET /met", b"\x16\x03\x01garbage\r\n\r\n"])
def test_who_does_not_ask_keeps_nobody_waiting(
    sent: bytes, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(exposition.Handler, "timeout", 0.2)
    registry = CollectorRegistry()
    Gauge("apples", "In the basket.", registry=registry).set(7)
    shown = exposition.Exposition("127.0.0.1", 0, registry)
    try:
        with socket.create_connection(("127.0.0.1", shown.port), timeout=PATIENCE) as client:
            client.sendall(sent)
            while client.recv(4096):
                pass
        with urlopen(f"http://127.0.0.1:{shown.port}/metrics", timeout=PATIENCE) as reply:
            assert b"apples 7.0" in reply.read()
    finally:
        shown.stop(PATIENCE)
    assert capfd.readouterr().err == ""
