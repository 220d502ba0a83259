"""Both servers: TLS, certificates of clients, and files that are not as they should be."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from certificates import Certificate, issue, lock, need_openssl
from declared import Contract
from django.core.management import CommandError, call_command
from django.test import override_settings
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.server.tls import server_credentials
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from failures import TEXT
from grpc import StatusCode

PAIRS = "PRIVATE_KEY_CERTIFICATE_CHAIN_PAIRS_PATH"
ROOTS = "ROOT_CERTIFICATES_PATH"
REQUIRE = "REQUIRE_CLIENT_AUTH"


class WhoService(Service):
    service_name = "Who"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def AmI(self, request: Any, context: Any) -> Any:
        names = context.auth_context().get("x509_common_name", [])
        return self.pb.WhoAmIResponse(text=b",".join(names).decode())

    @grpc_action(response=TEXT)
    def Names(self, request: Any, context: Any) -> Any:
        names = [context.peer_identity_key().encode(), *context.peer_identities()]
        return self.pb.WhoNamesResponse(text=b" ".join(names).decode())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Certificates by name: two authorities, a server's, and a client's of each authority."""
    need_openssl()
    folder = tmp_path_factory.mktemp("certificates")
    ca, other = issue(folder, "ca"), issue(folder, "other-ca")
    return SimpleNamespace(
        ca=ca,
        server=issue(folder, "server", ca),
        second=issue(folder, "second", ca),
        client=issue(folder, "client", ca),
        stranger=issue(folder, "stranger", other),
        named=issue(folder, "named", ca, "URI:spiffe://example.org/shop,DNS:shop.example.org"),
    )


@contextmanager
def secure(mode: Mode, **settings: Any) -> Iterator[tuple[Contract, str]]:
    contract = Contract(WhoService)
    with (
        override_settings(GRPC_FRAMEWORK=settings),
        serve(mode, contract.hook) as running,
    ):
        yield contract, running.target


def ask(
    contract: Contract, target: str, ca: Certificate, client: Certificate | None = None
) -> str:
    """Who the server says that the client is."""
    own = (client.key.read_bytes(), client.chain.read_bytes()) if client else (None, None)
    credentials = grpc.ssl_channel_credentials(ca.chain.read_bytes(), *own)
    with grpc.secure_channel(target, credentials) as channel:
        text: str = contract.stub(channel).options(timeout=10).AmI().text
        return text


def code_of(call: Callable[[], Any]) -> StatusCode:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    code: StatusCode = caught.value.code()
    return code


def test_a_pair_of_paths_makes_the_port_secure(mode: Mode, made: SimpleNamespace) -> None:
    with secure(mode, **{PAIRS: [made.server.pair]}) as (contract, target):
        assert ask(contract, target, made.ca) == ""
        with grpc.insecure_channel(target) as channel:
            plain = contract.stub(channel).options(timeout=10)
            assert code_of(plain.AmI) is StatusCode.UNAVAILABLE
        assert code_of(lambda: ask(contract, target, made.stranger)) is StatusCode.UNAVAILABLE


def test_paths_may_be_texts(mode: Mode, made: SimpleNamespace) -> None:
    pairs = [tuple(map(str, pair)) for pair in (made.server.pair, made.second.pair)]
    with secure(mode, **{PAIRS: pairs}) as (contract, target):
        assert ask(contract, target, made.ca) == ""


def test_clients_show_a_certificate_where_it_is_required(
    mode: Mode, made: SimpleNamespace
) -> None:
    settings = {PAIRS: [made.server.pair], ROOTS: made.ca.chain, REQUIRE: True}
    with secure(mode, **settings) as (contract, target):
        assert ask(contract, target, made.ca, made.client) == "client"
        assert code_of(lambda: ask(contract, target, made.ca)) is StatusCode.UNAVAILABLE
        stranger = code_of(lambda: ask(contract, target, made.ca, made.stranger))
        assert stranger is StatusCode.UNAVAILABLE


def test_who_the_client_is(mode: Mode, made: SimpleNamespace) -> None:
    settings = {PAIRS: [made.server.pair], ROOTS: made.ca.chain, REQUIRE: True}
    with secure(mode, **settings) as (contract, target):
        own = (made.named.key.read_bytes(), made.named.chain.read_bytes())
        credentials = grpc.ssl_channel_credentials(made.ca.chain.read_bytes(), *own)
        with grpc.secure_channel(target, credentials) as channel:
            key, *names = contract.stub(channel).options(timeout=10).Names().text.split()
    assert key == "x509_subject_alternative_name"
    assert set(names) == {"spiffe://example.org/shop", "shop.example.org"}


def test_roots_alone_ask_for_nothing_and_that_is_said(
    made: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    settings = {PAIRS: [made.server.pair], ROOTS: made.ca.chain}
    with override_settings(GRPC_FRAMEWORK=settings):
        assert server_credentials() is not None
    assert "'ROOT_CERTIFICATES_PATH'] has no effect" in caplog.text


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({ROOTS: "ca.pem"}, f"'{ROOTS}'] is set, but the server would be open"),
        ({REQUIRE: True}, f"'{REQUIRE}'] is set, but the server would be open"),
        ({PAIRS: [("a", "b")], REQUIRE: True}, f"Set GRPC_FRAMEWORK['{ROOTS}']"),
    ],
)
def test_what_would_leave_the_server_open_is_refused(
    mode: Mode, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError) as caught, secure(mode, **settings):
        raise AssertionError("it serves")
    assert message in str(caught.value)


def wrong_files(made: SimpleNamespace, folder: Path) -> dict[str, tuple[dict[str, Any], Path]]:
    """Settings by what is wrong, and the path that the error must name."""
    key, chain = made.server.pair
    text = folder / "notes.txt"
    text.write_text("not a certificate")
    locked = lock(key, folder / "locked.key")
    missing = folder / "missing.pem"
    mutual = {PAIRS: [made.server.pair], REQUIRE: True}
    return {
        "no key": ({PAIRS: [(missing, chain)]}, missing),
        "no chain": ({PAIRS: [(key, missing)]}, missing),
        "a folder": ({PAIRS: [(folder, chain)]}, folder),
        "no roots": ({**mutual, ROOTS: missing}, missing),
        "another's key": ({PAIRS: [(made.second.key, chain)]}, made.second.key),
        "a chain of text": ({PAIRS: [(key, text)]}, text),
        "a key of text": ({PAIRS: [(text, chain)]}, text),
        "a key with a password": ({PAIRS: [(locked, chain)]}, locked),
        "the wrong way round": ({PAIRS: [(chain, key)]}, key),
        "roots of text": ({**mutual, ROOTS: text}, text),
        "the second pair": ({PAIRS: [made.server.pair, (key, missing)]}, missing),
    }


def test_files_that_are_not_as_they_should_be(made: SimpleNamespace, tmp_path: Path) -> None:
    for what, (settings, path) in wrong_files(made, tmp_path).items():
        with (
            override_settings(GRPC_FRAMEWORK=settings),
            pytest.raises(ConfigurationError) as caught,
        ):
            server_credentials()
        assert str(path) in str(caught.value), what


@pytest.mark.parametrize("command", ["grpcrunserver", "grpcrunaioserver"])
def test_the_commands_say_it_before_they_serve(command: str, tmp_path: Path) -> None:
    missing = tmp_path / "server.key"
    settings = {
        PAIRS: [(missing, missing)],
        "ROOT_HANDLERS_HOOK": lambda server: pytest.fail("it registers services"),
    }
    with override_settings(GRPC_FRAMEWORK=settings), pytest.raises(CommandError) as caught:
        call_command(command, "127.0.0.1:0")
    assert f"cannot read {missing}: No such file or directory." in str(caught.value)
