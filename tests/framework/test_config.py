"""``GRPCConfig``: typed values, each of which really reaches the server."""

import asyncio
import logging
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any

import django_socio_grpc
import grpc
import pytest
from declared import Contract, stub_of
from django.test import override_settings
from django_socio_grpc.config import GRPCConfig, GRPCServerConfig
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.server import reflection
from django_socio_grpc.services import Service
from django_socio_grpc.settings import Settings, grpc_settings
from django_socio_grpc.testing import Mode, serve
from echo import TEXT, EchoService
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc import StatusCode
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from project import Project


@contextmanager
def configured(**server: Any) -> Iterator[None]:
    """Within this block the server is configured by these fields of ``GRPCServerConfig``."""
    config = GRPCConfig(server=GRPCServerConfig(**server))
    with override_settings(GRPC_FRAMEWORK=config):
        yield


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


def test_the_settings_that_stand_for_it() -> None:
    config = GRPCConfig(
        handlers_hook="config.handlers.grpc_handlers",
        server=GRPCServerConfig(
            host="127.0.0.1",
            max_concurrent_streams=1000,
            keepalive_time=60,
            keepalive_permit_without_calls=True,
            max_receive_message_length=1024,
            options=[("grpc.max_receive_message_length", 2048)],
        ),
        settings={"LOG_OK_RESPONSE": True},
    )
    assert config.as_settings() == {
        "ENABLED": True,
        "ROOT_HANDLERS_HOOK": "config.handlers.grpc_handlers",
        "GRPC_HOST": "127.0.0.1",
        "GRPC_CHANNEL_PORT": 50051,
        "MAX_WORKERS": 10,
        "MAX_SYNC_STREAMS": 64,
        "SHUTDOWN_GRACE": 25.0,
        "ASYNCIO_DEBUG": False,
        "ENABLE_REFLECTION": False,
        "ENABLE_HEALTH_CHECK": True,
        "COMPRESSION": None,
        "SERVER_OPTIONS": [
            ("grpc.max_concurrent_streams", 1000),
            ("grpc.max_receive_message_length", 1024),
            ("grpc.keepalive_time_ms", 60000),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.max_receive_message_length", 2048),
        ],
        "LOG_OK_RESPONSE": True,
    }
    for given in (config, config.as_settings()):
        with override_settings(GRPC_FRAMEWORK=given):
            grpc_settings.check()
            assert grpc_settings.GRPC_HOST == "127.0.0.1"
            assert grpc_settings.LOG_OK_RESPONSE is True


def test_the_example_of_the_document() -> None:
    config = GRPCConfig(
        enabled=True,
        server=GRPCServerConfig(
            host="[::]",
            port=50051,
            # Async options
            max_concurrent_streams=1000,  # Concurrent streams per connection
            asyncio_debug=False,  # Debug mode (dev only)
            # Standard options still work
            enable_reflection=True,
            enable_health_check=True,
        ),
    )
    with override_settings(GRPC_FRAMEWORK=config):
        grpc_settings.check()
        assert grpc_settings.ENABLE_REFLECTION is True
        assert ("grpc.max_concurrent_streams", 1000) in grpc_settings.SERVER_OPTIONS


def test_a_configuration_does_not_change() -> None:
    config = GRPCServerConfig()
    with pytest.raises(FrozenInstanceError):
        config.port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("port", 70000, "a port, 0 to 65535"),
        ("port", "50051", "a port, 0 to 65535"),
        ("host", 5, "a text"),
        ("max_workers", 0, "a whole number above 0"),
        ("max_concurrent_streams", 0, "a whole number above 0, or None"),
        ("max_concurrent_streams", True, "a whole number above 0, or None"),
        ("keepalive_time", -1, "a number of seconds, 0 or more, or None"),
        ("compression", "zip", "'gzip', 'deflate' or None"),
        ("compression", ["gzip"], "'gzip', 'deflate' or None"),
        ("asyncio_debug", "yes", "True or False"),
        ("options", {"grpc.x": 1}, "a list of (name, value) pairs, or None"),
    ],
)
def test_a_wrong_value_is_named(field: str, value: Any, expected: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        GRPCServerConfig(**{field: value})
    assert str(caught.value) == f"GRPCServerConfig.{field} must be {expected}, not {value!r}."


def test_other_mistakes() -> None:
    with pytest.raises(ConfigurationError, match="'local host:50051' is not an address"):
        GRPCServerConfig(host="local host")
    with pytest.raises(ConfigurationError, match=r"GRPCConfig\.server must be a GRPCServerConfig"):
        GRPCConfig(server={"port": 1})  # type: ignore[arg-type]
    with pytest.raises(
        ConfigurationError, match=r"GRPCConfig\.settings has MAX_WORKERS, for which"
    ):
        GRPCConfig(settings={"MAX_WORKERS": 5})
    with pytest.raises(TypeError, match="max_steams"):
        GRPCServerConfig(max_steams=1)  # type: ignore[call-arg]


def test_it_is_safe_to_import_in_a_settings_file() -> None:
    code = (
        "import django.conf, django_socio_grpc.config as c; c.GRPCConfig();"
        "assert not django.conf.settings.configured"
    )
    source = str(Path(django_socio_grpc.__file__).parent.parent)
    environment = {"PYTHONPATH": source, "DJANGO_SETTINGS_MODULE": "nowhere"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)


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


def reflected(channel: grpc.Channel, name: str = "") -> Any:
    """What the server says of its services, or of the file that has ``name``."""
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    if name:
        request = reflection_pb2.ServerReflectionRequest(file_containing_symbol=name)
    (reply,) = stub.ServerReflectionInfo(iter([request]), timeout=10)
    return reply


def test_reflection(mode: Mode) -> None:
    hook = Contract(EchoService).hook
    with (
        configured(enable_reflection=True),
        serve(mode, hook) as running,
        running.channel() as channel,
    ):
        services = reflected(channel).list_services_response.service
    assert {service.name for service in services} == {
        "tests.EchoController",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    }


def test_no_reflection_unless_it_is_asked_for(mode: Mode) -> None:
    with (
        serve(mode, Contract(EchoService).hook) as running,
        running.channel() as channel,
        pytest.raises(grpc.RpcError) as caught,
    ):
        reflected(channel)
    assert caught.value.code() is StatusCode.UNIMPLEMENTED


def test_reflection_that_is_not_installed(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reflection, "reflection", None)
    with (
        configured(enable_reflection=True),
        pytest.raises(ConfigurationError, match="grpcio-reflection is not installed"),
        stub_of(mode, EchoService),
    ):
        raise AssertionError("it serves")


def test_the_flag_of_the_commands(mode: Mode, tmp_path: Path) -> None:
    project = Project.make(tmp_path)
    with (
        project.serve(mode, "--reflection") as program,
        grpc.insecure_channel(program.target) as channel,
    ):
        reply = reflected(channel, "plays.PlayController").file_descriptor_response
    file = FileDescriptorProto.FromString(reply.file_descriptor_proto[0])
    assert "Say" in [method.name for method in file.service[0].method]


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


def documented(heading: str) -> dict[str, Any]:
    """The defaults by name, from the tables of the page whose first column is ``heading``."""
    page = Path(django_socio_grpc.__file__).parents[2] / "docs/configuration.md"
    found, inside = {}, False
    for line in page.read_text().splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split(" | ")]
        if cells[0] == heading:
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and cells[0] != "---|---|---":
            found[cells[0]] = eval(cells[1], {"GRPCServerConfig": GRPCServerConfig})
    return found


def vars_of(config: Any) -> dict[str, Any]:
    return {item.name: getattr(config, item.name) for item in fields(config)}


def as_list(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def test_every_setting_is_documented() -> None:
    defaults = vars_of(Settings())
    assert documented("Setting") == {name: as_list(value) for name, value in defaults.items()}


@pytest.mark.parametrize("config", [GRPCConfig(), GRPCServerConfig()])
def test_every_field_is_documented(config: Any) -> None:
    assert documented(type(config).__name__) == vars_of(config)
