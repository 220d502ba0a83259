"""The certificates that a server shows, and those that it asks of its clients."""

import logging
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.settings import grpc_settings

logger = logging.getLogger("django_socio_grpc.internal")

PAIRS = "PRIVATE_KEY_CERTIFICATE_CHAIN_PAIRS_PATH"
ROOTS = "ROOT_CERTIFICATES_PATH"
REQUIRE = "REQUIRE_CLIENT_AUTH"


def server_credentials() -> grpc.ServerCredentials | None:
    """Return what a secure port needs, as the settings say, or None: the port is not secure.

    The files are looked at for each new connection: certificates are renewed without a restart.

    Raises:
        ConfigurationError: a file cannot be read or is not what it should be, a private key is
            not that of its certificate, or a setting has no effect without another that is not
            set. A server that was told to ask for certificates must not serve without.
    """
    pairs = grpc_settings.PRIVATE_KEY_CERTIFICATE_CHAIN_PAIRS_PATH
    roots = grpc_settings.ROOT_CERTIFICATES_PATH
    required = grpc_settings.REQUIRE_CLIENT_AUTH
    if not pairs:
        for name in (ROOTS, REQUIRE):
            if getattr(grpc_settings, name):
                raise ConfigurationError(
                    f"GRPC_FRAMEWORK[{name!r}] is set, but the server would be open and without "
                    f"TLS: GRPC_FRAMEWORK[{PAIRS!r}] is empty. Give it a pair of paths, of a "
                    "private key and of its certificate chain."
                )
        return None
    if required and not roots:
        raise ConfigurationError(
            f"GRPC_FRAMEWORK[{REQUIRE!r}] is True, but there is nothing to check the certificates "
            f"of clients by. Set GRPC_FRAMEWORK[{ROOTS!r}] to the path of their authority's."
        )
    if roots and not required:
        logger.warning(
            "GRPC_FRAMEWORK[%r] has no effect: clients are not asked for a certificate unless "
            "GRPC_FRAMEWORK[%r] is True.",
            ROOTS,
            REQUIRE,
        )
    files = Files(
        pairs=[(Path(key), Path(chain)) for key, chain in pairs],
        roots=Path(roots) if roots else None,
    )
    renewals = Renewals(files)
    newer: Any = renewals.newer  # which may return None, whatever the stubs say
    return grpc.dynamic_ssl_server_credentials(renewals.first, newer, required)


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where the certificates are: pairs of a private key and its chain, and clients' authority."""

    pairs: Sequence[tuple[Path, Path]]
    roots: Path | None

    def read(self) -> grpc.ServerCertificateConfiguration:
        """Return what is in the files.

        Raises:
            ConfigurationError: one of them is not as it must be.
        """
        return grpc.ssl_server_certificate_configuration(
            [_pair(key, chain) for key, chain in self.pairs],
            _roots(self.roots) if self.roots else None,
        )

    def state(self) -> Sequence[object]:
        """What is another one when a file, or what a link to it leads to, is another one."""
        paths = [path for pair in self.pairs for path in pair]
        return [_state(path) for path in [*paths, *([self.roots] if self.roots else [])]]


class Renewals:
    """The ``first`` certificates, and those that have taken their place since."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._state = files.state()
        self.first = files.read()

    def newer(self) -> grpc.ServerCertificateConfiguration | None:
        """Return the certificates if they have changed since the last call; grpc keeps them.

        It is called for each connection. Files that are not as they must be leave the server with
        the certificates that it has, and are logged once.
        """
        with self._lock:
            state = self._files.state()
            if state == self._state:
                return None
            try:
                found = self._files.read()
            except ConfigurationError as exc:
                if state == self._files.state():
                    self._state = state
                    logger.error("The certificates have changed, and the old ones stay. %s", exc)
                return None
            if state != self._files.state():  # half of one pair and half of the next, perhaps
                return None
            self._state = state
            logger.info("The certificates have changed: new connections get the new ones.")
            return found


def _state(path: Path) -> object:
    try:
        found = path.stat()
    except OSError as exc:
        return exc.errno
    return found.st_mtime_ns, found.st_size, found.st_ino


def _pair(key: Path, chain: Path) -> tuple[bytes, bytes]:
    contents = _read(PAIRS, key), _read(PAIRS, chain)
    context = _context()
    _check(
        lambda: context.load_verify_locations(chain),
        f"GRPC_FRAMEWORK[{PAIRS!r}]: {chain} holds no certificate in PEM form. A pair is the path "
        "of the private key, and then that of the certificate chain.",
    )
    _check(
        # grpc takes no passwords, and without one given here OpenSSL asks on the terminal.
        lambda: context.load_cert_chain(chain, key, password=""),
        f"GRPC_FRAMEWORK[{PAIRS!r}]: {key} is not the private key of the certificate in {chain}, "
        "in PEM form and without a password.",
    )
    return contents


def _roots(path: Path) -> bytes:
    content = _read(ROOTS, path)
    _check(
        lambda: _context().load_verify_locations(path),
        f"GRPC_FRAMEWORK[{ROOTS!r}]: {path} holds no certificate in PEM form.",
    )
    return content


def _read(setting: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise ConfigurationError(
            f"GRPC_FRAMEWORK[{setting!r}]: cannot read {path}: {exc.strerror}."
        ) from exc


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # how strong a key must be is grpc's to say
    return context


def _check(load: Callable[[], object], message: str) -> None:
    try:
        load()
    except (ssl.SSLError, ValueError) as exc:
        raise ConfigurationError(f"{message} ({exc})") from exc
