"""What both servers allow when nobody has said anything."""

import socket
import time
from typing import Any

import grpc
import pytest
from configured import configured
from declared import Contract, stub_of
from django.test import override_settings
from django_socio_grpc.config import GRPCConfig, GRPCServerConfig
from django_socio_grpc.testing import Mode, serve
from echo import EchoService
from grpc import StatusCode

KIB = 1024
PATIENCE = 20.0
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
PING, GOAWAY = 6, 7


def refused(call: Any) -> StatusCode:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    code: StatusCode = caught.value.code()
    return code


def test_a_request_that_is_too_large(mode: Mode) -> None:
    with stub_of(mode, EchoService) as stub:
        stub = stub.options(timeout=PATIENCE)
        assert refused(lambda: stub.Say(text="x" * 5000 * KIB)) is StatusCode.RESOURCE_EXHAUSTED
        assert stub.Say(text="x").text == "x"


def test_one_that_is_too_large_once_it_is_decompressed(mode: Mode) -> None:
    with stub_of(mode, EchoService) as stub:
        call = stub.options(timeout=PATIENCE, compression=grpc.Compression.Gzip)
        assert refused(lambda: call.Say(text="x" * 5000 * KIB)) is StatusCode.RESOURCE_EXHAUSTED
        assert call.Say(text="x" * 100).text == "x" * 100


def test_metadata_that_are_too_large(mode: Mode) -> None:
    with stub_of(mode, EchoService) as stub:
        stub = stub.options(timeout=PATIENCE)
        assert stub.Say(text="x").text == "x"  # by then client and server know their limits
        large = stub.options(metadata=[("x-large", "x" * 20 * KIB)])
        assert refused(lambda: large.Say(text="x")) is StatusCode.RESOURCE_EXHAUSTED
        assert stub.Say(text="x").text == "x"


def frames(connection: socket.socket) -> Any:
    """The types of the frames that a server sends, until it closes the connection."""
    data = b""
    while received := connection.recv(4096):
        data += received
        while len(data) >= 9 + int.from_bytes(data[:3]):
            yield data[3]
            data = data[9 + int.from_bytes(data[:3]) :]


def frames_of_a_frozen_client(mode: Mode, **config: Any) -> list[int]:
    """What a server says to a client that connects, and then never answers."""
    with configured(**config), serve(mode, Contract(EchoService).hook) as running:
        host, _, port = running.target.partition(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
            connection.sendall(PREFACE)
            return list(frames(connection))


def test_a_client_that_is_frozen_is_let_go(mode: Mode) -> None:
    began = time.monotonic()
    seen = frames_of_a_frozen_client(mode, keepalive_time=1, keepalive_timeout=1)
    assert PING in seen
    assert time.monotonic() - began < PATIENCE


def test_a_connection_that_is_idle_is_closed(mode: Mode) -> None:
    assert GOAWAY in frames_of_a_frozen_client(mode, max_connection_idle=1)


def test_the_timeout_of_keepalive_is_that_of_pings() -> None:
    config = GRPCConfig(server=GRPCServerConfig(keepalive_timeout=2.5))
    options = dict(config.as_settings()["SERVER_OPTIONS"])
    assert options["grpc.keepalive_timeout_ms"] == 2500
    assert options["grpc.http2.ping_timeout_ms"] == 2500


def test_each_connection_has_its_limits(mode: Mode) -> None:
    with (
        override_settings(GRPC_FRAMEWORK={}),
        serve(mode, Contract(EchoService).hook) as running,
    ):
        options = dict(running.server.config.options)
    assert options["grpc.max_concurrent_streams"] == 100
    assert options["grpc.max_connection_age_ms"] == 60 * 60 * 1000
