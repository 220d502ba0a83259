"""Addresses: which are read, and why one cannot be had."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import django_socio_grpc
import pytest
from declared import Contract
from django.test import override_settings
from django_socio_grpc.address import (
    bound_address,
    check_address,
    host_and_port,
    parse_address,
)
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.server import ServerConfig, SyncServer
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve

SOURCE = Path(django_socio_grpc.__file__).parent.parent
AS_NOBODY = """
import encodings.idna  # nobody may not read the folders of this Python
import os
from django_socio_grpc.address import check_address
if os.geteuid() == 0:
    os.setuid(65534)
try:
    check_address("127.0.0.1:80")
except Exception as exc:
    print(exc)
"""
FIRST_FREE_PORT = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


class EmptyService(Service):
    """No action at all."""


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("", "[::]:50051"),
        ("8000", "[::]:8000"),
        ("0", "[::]:0"),
        (":8000", "[::]:8000"),
        ("*:8000", "[::]:8000"),
        ("127.0.0.1:8000", "127.0.0.1:8000"),
        ("localhost:8000", "localhost:8000"),
        ("grpc-1.example.org:65535", "grpc-1.example.org:65535"),
        ("[::1]:8000", "[::1]:8000"),
        ("[::]:8000", "[::]:8000"),
        ("unix:/run/grpc.sock", "unix:/run/grpc.sock"),
    ],
)
def test_reads(text: str, address: str) -> None:
    assert parse_address(text, 50051) == address


@pytest.mark.parametrize(
    "text",
    [
        "localhost",
        "localhost:",
        "localhost:http",
        "localhost:-1",
        "localhost:65536",
        "127.0.0.1:80 ",
        "::1:8000",
        "[::1]",
        "[::1:8000",
        "[localhost]:8000",
        "http://localhost:8000",
        "a*:8000",
        "unix:",
    ],
)
def test_refuses(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_address(text, 50051)
    assert str(caught.value) == (
        f"{text!r} is not an address. Give HOST:PORT or PORT, for example 127.0.0.1:50051."
    )


def test_the_address_that_was_bound_has_its_port() -> None:
    assert bound_address("[::]:0", 4711) == "[::]:4711"
    assert bound_address("unix:/run/grpc.sock", 1) == "unix:/run/grpc.sock"


def test_a_host_and_a_port_as_in_a_url() -> None:
    assert host_and_port("::1", 9464) == "[::1]:9464"
    assert host_and_port("localhost", 9464) == "localhost:9464"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::]"])
def test_a_port_in_use(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"{host}:{taken.getsockname()[1]}"
        with pytest.raises(ConfigurationError, match="is in use"):
            check_address(address)
    check_address(address)  # now it is free


def test_a_port_in_use_by_a_server_of_ours(mode: Mode) -> None:
    hook = Contract(EmptyService).hook
    with serve(mode, hook) as running:
        second = SyncServer(ServerConfig(address=running.target, hook=hook))
        with pytest.raises(ConfigurationError, match="is in use"):
            second.start()


def test_a_port_that_two_servers_share_on_purpose() -> None:
    hook = Contract(EmptyService).hook
    shared = {"SERVER_OPTIONS": [("grpc.so_reuseport", 1)]}
    with override_settings(GRPC_FRAMEWORK=shared), serve("sync", hook) as running:
        second = SyncServer(ServerConfig(address=running.target, hook=hook))
        second.start()
        assert second.address == running.target
        second.stop(0)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("192.0.2.77:0", "it is no address of this machine."),
        ("[2001:db8::77]:0", "it is no address of this machine."),
        ("no-such-host.invalid:0", "'no-such-host.invalid' is no name of this machine"),
        (f"{'x' * 64}.org:0", "is no name of this machine"),
        ("unix:/no-such-folder/grpc.sock", "there is no folder /no-such-folder."),
        (f"unix:/{'x' * 108}", "the path is longer than 107 bytes."),
        (f"unix:{__file__}", "that is a file, and no socket."),
    ],
)
def test_an_address_that_cannot_be_had(address: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_address(address)
    assert str(caught.value).startswith(f"Cannot listen on {address}: ")
    assert reason in str(caught.value)


def test_a_socket_file_in_use(tmp_path: Path) -> None:
    path = tmp_path / "grpc.sock"
    with socket.socket(socket.AF_UNIX) as taken:
        taken.bind(str(path))
        taken.listen()
        with pytest.raises(ConfigurationError, match="is in use"):
            check_address(f"unix:{path}")
    check_address(f"unix:{path}")  # left behind by a process that is gone


@pytest.mark.skipif(
    not FIRST_FREE_PORT.exists() or int(FIRST_FREE_PORT.read_text()) <= 80,
    reason="any user may listen on any port of this machine",
)
def test_a_privileged_port() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
    )
    assert done.stdout == (
        "Cannot listen on 127.0.0.1:80: this user may not. Give a port above 1023.\n"
    )
