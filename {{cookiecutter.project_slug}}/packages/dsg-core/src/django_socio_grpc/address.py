"""The address that a server listens on: reading it, and why it cannot be had."""

import errno
import re
import socket

from django_socio_grpc.exceptions import ConfigurationError

ADDRESS = re.compile(r"(?:(?P<host>\[[0-9a-fA-F:.]+\]|[^\[\]:\s]*):)?(?P<port>\d{1,5})")
ANY_HOST = "[::]"


def parse_address(text: str, default_port: int) -> str:
    """Return ``HOST:PORT`` from an address, a port alone, or "".

    >>> parse_address("8000", 50051)
    '[::]:8000'

    Raises:
        ConfigurationError: ``text`` is none of these.
    """
    if not text:
        return f"{ANY_HOST}:{default_port}"
    if text.startswith("unix:"):
        return text
    match = ADDRESS.fullmatch(text)
    if match is None or int(match["port"]) > 65535:
        raise ConfigurationError(
            f"{text!r} is not an address. Give HOST:PORT or PORT, for example 127.0.0.1:50051."
        )
    return f"{match['host'] or ANY_HOST}:{match['port']}"


def check_address(address: str) -> None:
    """Raise ConfigurationError if nothing can listen on ``address`` now, and say why.

    grpc itself tells no reason.
    """
    if address.startswith("unix:"):
        return
    host, _, port = address.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
    except socket.gaierror as exc:
        raise ConfigurationError(
            f"Cannot listen on {address}: {host!r} is no address of this machine ({exc.strerror})."
        ) from exc
    family, kind, protocol, _, name = found[0]
    try:
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            probe.bind(name)
            probe.listen(1)
    except OSError as exc:
        if exc.errno == errno.EAFNOSUPPORT:  # no IPv6 here: grpc takes IPv4 for [::]
            return
        raise ConfigurationError(f"Cannot listen on {address}: {_reason(exc)}") from exc


def _reason(exc: OSError) -> str:
    match exc.errno:
        case errno.EADDRINUSE:
            return "another process listens there. Stop it, or give another port."
        case errno.EACCES:
            return "this user may not. Give a port above 1023."
        case errno.EADDRNOTAVAIL:
            return "it is no address of this machine."
        case _:
            return f"{exc.strerror}."
