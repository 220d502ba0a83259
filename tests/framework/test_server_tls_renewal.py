"""Both servers: certificates that change while they serve."""

import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from certificates import Certificate, issue, need_openssl, substitute
from declared import Contract, code_of
from django.test import override_settings
from django_socio_grpc.testing import Mode, RunningServer, serve
from echo import EchoService
from grpc import StatusCode
from waiting import until

PAIRS = "PRIVATE_KEY_CERTIFICATE_CHAIN_PAIRS_PATH"
ROOTS = "ROOT_CERTIFICATES_PATH"
REQUIRE = "REQUIRE_CLIENT_AUTH"
LOGGER = "django_socio_grpc.internal"
PATIENCE = 20.0


class Made:
    """Two authorities, a certificate of each, and the files of a server, the first one's."""

    def __init__(self, folder: Path) -> None:
        self.ca, self.other_ca = issue(folder, "ca"), issue(folder, "other-ca")
        self.old, self.new = issue(folder, "old", self.ca), issue(folder, "new", self.other_ca)
        self.server = issue(folder, "server", self.ca)
        self.roots = folder / "roots.pem"
        self.both = self.ca.chain.read_bytes() + self.other_ca.chain.read_bytes()
        self.server.replace(self.old)
        substitute(self.roots, self.ca.chain.read_bytes())


@pytest.fixture
def made(tmp_path: Path) -> Made:
    need_openssl()
    return Made(tmp_path)


@contextmanager
def secure(mode: Mode, **settings: Any) -> Iterator[tuple[Contract, RunningServer]]:
    contract = Contract(EchoService)
    with (
        override_settings(GRPC_FRAMEWORK=settings),
        serve(mode, contract.hook) as running,
    ):
        yield contract, running


def shown(target: str) -> str:
    """The certificate that a new connection gets."""
    host, _, port = target.partition(":")
    return ssl.get_server_certificate((host, int(port)), timeout=PATIENCE)


def say(
    contract: Contract, target: str, roots: bytes, client: Certificate | None = None
) -> StatusCode:
    """The code of a call on a connection of its own."""
    own = (client.key.read_bytes(), client.chain.read_bytes()) if client else (None, None)
    with grpc.secure_channel(target, grpc.ssl_channel_credentials(roots, *own)) as channel:
        return code_of(lambda: contract.stub(channel).options(timeout=PATIENCE).Say(text="x"))


@contextmanager
def calling(call: Callable[[], StatusCode]) -> Iterator[list[StatusCode]]:
    """Make one call after the other while the block runs; their codes."""
    codes: list[StatusCode] = []
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            codes.append(call())

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield codes
    finally:
        over.set()
        for thread in threads:
            thread.join(PATIENCE)


def test_a_renewed_certificate_is_shown_and_no_call_fails(
    mode: Mode, made: Made, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    credentials = grpc.ssl_channel_credentials(made.both)
    with (
        secure(mode, **{PAIRS: [made.server.pair]}) as (contract, running),
        grpc.secure_channel(running.target, credentials) as channel,
    ):
        stub = contract.stub(channel).options(timeout=PATIENCE)
        with (
            calling(lambda: say(contract, running.target, made.both)) as fresh,
            calling(lambda: code_of(lambda: stub.Say(text="x"))) as kept,
        ):
            until(lambda: len(fresh) > 2 and len(kept) > 2)
            assert shown(running.target) == made.old.chain.read_text()
            made.server.replace(made.new)
            until(lambda: shown(running.target) == made.new.chain.read_text())
            seen = len(fresh), len(kept)
            until(lambda: len(fresh) > seen[0] + 4 and len(kept) > seen[1] + 4)
        assert {*fresh, *kept} == {StatusCode.OK}
    lines = [record.getMessage() for record in caplog.records if record.name == LOGGER]
    assert lines[-1] == "The certificates have changed: new connections get the new ones."


def test_a_broken_certificate_leaves_the_old_one_and_is_logged_once(
    mode: Mode, made: Made, caplog: pytest.LogCaptureFixture
) -> None:
    with secure(mode, **{PAIRS: [made.server.pair]}) as (contract, running):
        substitute(made.server.chain, b"half of a certifi")
        for _ in range(3):
            assert say(contract, running.target, made.ca.chain.read_bytes()) is StatusCode.OK
        (line,) = [record for record in caplog.records if record.name == LOGGER]
        assert line.levelname == "ERROR"
        assert "and the old ones stay." in line.getMessage()
        assert str(made.server.chain) in line.getMessage()
        made.server.key.unlink()
        assert shown(running.target) == made.old.chain.read_text()
        made.server.replace(made.new)
        assert shown(running.target) == made.new.chain.read_text()


def test_the_authority_of_clients_changes_too(mode: Mode, made: Made) -> None:
    settings = {PAIRS: [made.server.pair], ROOTS: made.roots, REQUIRE: True}
    with secure(mode, **settings) as (contract, running):
        assert say(contract, running.target, made.both, made.old) is StatusCode.OK
        assert say(contract, running.target, made.both, made.new) is StatusCode.UNAVAILABLE
        substitute(made.roots, made.other_ca.chain.read_bytes())
        assert say(contract, running.target, made.both, made.old) is StatusCode.UNAVAILABLE
        assert say(contract, running.target, made.both, made.new) is StatusCode.OK
        assert say(contract, running.target, made.both) is StatusCode.UNAVAILABLE


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_that_is_spoken(mode: Mode, made: Made, version: ssl.TLSVersion) -> None:
    with secure(mode, **{PAIRS: [made.server.pair]}) as (_, running):
        assert handshake(running.target, made, version) == "h2"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")
def test_tls_that_is_too_old(mode: Mode, made: Made) -> None:
    with (
        secure(mode, **{PAIRS: [made.server.pair]}) as (_, running),
        # The server hangs up; a client that could not speak it would say so itself.
        pytest.raises((ssl.SSLEOFError, ConnectionError)),
    ):
        handshake(running.target, made, ssl.TLSVersion.TLSv1_1)


def handshake(target: str, made: Made, version: ssl.TLSVersion) -> str | None:
    """Agree with the server on ``version`` and return the protocol above it."""
    context = ssl.create_default_context(cadata=made.both.decode())
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # or this client would refuse 1.1 by itself
    context.set_alpn_protocols(["h2"])
    context.minimum_version = context.maximum_version = version
    host, _, port = target.partition(":")
    with (
        socket.create_connection((host, int(port)), timeout=PATIENCE) as connection,
        context.wrap_socket(connection, server_hostname=host) as secured,
    ):
        return secured.selected_alpn_protocol()
