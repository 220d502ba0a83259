"""``GRPCConfig``: each value really reaches the server, and clients."""

import asyncio
import logging
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from configured import configured
from declared import Contract, stub_of
from django.test import override_settings
from django_socio_grpc.config import GRPCConfig
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from echo import TEXT, EchoService
from grpc import StatusCode
from project import Project


class Talk(Service):
    service_name = "Talk"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    async def Say(self, request: Any, context: Any) -> Any:
        return self.pb.TalkSayResponse(text=request.text)

    @grpc_action(response=[{"name": "debug", "type": "bool"}])
    async def Debug(self, request: Any, context: Any) -> Any:
        time.sleep(0.2)  # a handler that blocks the loop
        return self.pb.TalkDebugResponse(debug=asyncio.get_running_loop().get_debug())


def test_a_server_that_is_not_enabled_does_not_start(mode: Mode) -> None:
    with (
        override_settings(GRPC_FRAMEWORK=GRPCConfig(enabled=False)),
        pytest.raises(ConfigurationError, match=r"GRPC_FRAMEWORK\['ENABLED'\] is False"),
        stub_of(mode, EchoService),
    ):
        raise AssertionError("it serves")


def settings_of_http2(target: str) -> dict[int, int]:
    """What a server tells a client of HTTP/2 when it connects: values by number."""
    host, _, port = target.partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
        )
        data = b""
        while True:
            data += connection.recv(4096)
            while len(data) >= 9:
                length, kind = int.from_bytes(data[:3]), data[3]
                if len(data) < 9 + length:
                    break
                frame, data = data[9 : 9 + length], data[9 + length :]
                if kind == 4:
                    return dict(struct.iter_unpack(">HI", frame))


MAX_CONCURRENT_STREAMS = 3


def test_max_concurrent_streams_reach_the_client(mode: Mode) -> None:
    hook = Contract(EchoService).hook
    with configured(max_concurrent_streams=1000), serve(mode, hook) as running:
        assert settings_of_http2(running.target)[MAX_CONCURRENT_STREAMS] == 1000


def test_sizes_of_messages(mode: Mode) -> None:
    with (
        configured(max_receive_message_length=1000, max_send_message_length=500),
        stub_of(mode, EchoService) as stub,
    ):
        assert stub.Say(text="x" * 400).text == "x" * 400
        for size in (600, 2000):
            with pytest.raises(grpc.RpcError) as caught:
                stub.Say(text="x" * size)
            assert caught.value.code() is StatusCode.RESOURCE_EXHAUSTED


@contextmanager
def counting(target: str) -> Iterator[tuple[str, list[int]]]:
    """The address of a relay to ``target``, and how many bytes came back through it."""
    host, _, port = target.partition(":")
    listener = socket.create_server(("127.0.0.1", 0))
    server = socket.create_connection((host, int(port)))
    counted: list[int] = []

    def copy(source: socket.socket, sink: socket.socket, count: list[int]) -> None:
        with suppress(ConnectionError):
            while data := source.recv(65536):
                count.append(len(data))
                sink.sendall(data)

    def relay() -> None:
        client, _ = listener.accept()
        back = threading.Thread(target=copy, args=(server, client, counted), daemon=True)
        back.start()
        copy(client, server, [])
        server.shutdown(socket.SHUT_RDWR)
        back.join(10)
        client.close()

    thread = threading.Thread(target=relay, daemon=True)
    thread.start()
    yield f"127.0.0.1:{listener.getsockname()[1]}", counted
    thread.join(10)
    listener.close()
    server.close()


@pytest.mark.parametrize("compression", ["gzip", "deflate", None])
@pytest.mark.parametrize("service", [EchoService, Talk])
def test_compression_on_the_wire(
    mode: Mode, service: type[Service], compression: str | None
) -> None:
    contract = Contract(service)
    with (
        configured(compression=compression),
        serve(mode, contract.hook) as running,
        counting(running.target) as (address, counted),
        grpc.insecure_channel(address) as channel,
    ):
        assert contract.stub(channel).Say(text="x" * 100_000).text == "x" * 100_000
    assert (sum(counted) < 10_000) is (compression is not None)


@pytest.mark.parametrize("debug", [True, False])
def test_asyncio_debug(mode: Mode, debug: bool, caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.WARNING, "asyncio"),
        configured(asyncio_debug=debug),
        stub_of(mode, Talk) as stub,
    ):
        assert stub.Debug().debug is debug
    assert ("took 0.2" in caplog.text) is debug, "asyncio tells of callbacks that block"


def test_the_host_of_the_settings(mode: Mode, tmp_path: Path) -> None:
    project = Project.make(tmp_path)
    project.edit(
        "settings.py",
        'GRPC_FRAMEWORK = {"ENABLE_HEALTH_CHECK": True}',
        "from django_socio_grpc.config import GRPCConfig, GRPCServerConfig\n"
        'GRPC_FRAMEWORK = GRPCConfig(server=GRPCServerConfig(host="127.0.0.1", port=0))',
    )
    command = "grpcrunaioserver" if mode == "aio" else "grpcrunserver"
    for arguments in ([], ["0"]):
        with project.popen(command, *arguments) as process:
            assert process.stdout is not None
            lines = (line for line in process.stdout if "Listening on" in line)
            assert next(lines).startswith("Listening on 127.0.0.1:")
            process.terminate()
            process.communicate(timeout=30)
