"""Addresses: the one that a server listens on, why it cannot be had, and those of who calls."""

import errno
import os
import re
import socket
from pathlib import Path
from urllib.parse import unquote

from django_socio_grpc.exceptions import ConfigurationError

ADDRESS = re.compile(r"(?:(?P<host>\[[0-9a-fA-F:.]+\]|\*|[^\[\]:\s*/]*):)?(?P<port>\d{1,5})")
ANY_HOST = "[::]"
UNIX = "unix:"
MAX_UNIX_PATH = 107  # bytes: the kernel's field has 108, the last of which is 0


def parse_address(text: str, default_port: int, default_host: str = ANY_HOST) -> str:
    """Return ``HOST:PORT`` from an address, a port alone, or "". A host ``*`` is every address.

    >>> parse_address("8000", 50051)
    '[::]:8000'

    Raises:
        ConfigurationError: ``text`` is none of these, and no ``unix:PATH`` either.
    """
    if not text:
        return f"{default_host}:{default_port}"
    if text.startswith(UNIX) and text != UNIX:
        return text
    match = ADDRESS.fullmatch(text)
    if match is None or int(match["port"]) > 65535:
        raise ConfigurationError(
            f"{text!r} is not an address. Give HOST:PORT or PORT, for example 127.0.0.1:50051."
        )
    host = match["host"] or default_host
    return f"{ANY_HOST if host == '*' else host}:{match['port']}"


def bound_address(address: str, port: int) -> str:
    """Return ``address`` with the port that a server got for it."""
    if address.startswith(UNIX):
        return address
    return f"{address.rpartition(':')[0]}:{port}"


def host_and_port(host: str, port: int) -> str:
    """Return ``HOST:PORT``, as a URL has it.

    >>> host_and_port("::1", 9464)
    '[::1]:9464'
    """
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def peer_address(peer: str) -> tuple[str, str]:
    """Return host and port of a peer as grpc names it, or two empty texts if it is no IP address.

    >>> peer_address("ipv6:%5B::1%5D:4711")
    ('::1', '4711')
    """
    kind, _, address = unquote(peer).partition(":")
    host, _, port = address.rpartition(":")
    return (host.strip("[]"), port) if kind in {"ipv4", "ipv6"} else ("", "")


def check_address(address: str, *, shared: bool = False) -> None:
    """Raise ConfigurationError if nothing can listen on ``address`` now, and say why.

    grpc itself tells no reason, and writes to the process's log that there is one. ``shared``
    lets others listen there that share their port as well.
    """
    if address.startswith(UNIX):
        reason = _unix_reason(address.removeprefix(UNIX))
    else:
        host, _, port = address.rpartition(":")
        reason = _tcp_reason(host.strip("[]"), int(port), shared)
    if reason:
        raise ConfigurationError(f"Cannot listen on {address}: {reason}")


def _tcp_reason(host: str, port: int, shared: bool) -> str:
    try:
        found = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICSERV
        )
    except (socket.gaierror, UnicodeError) as exc:
        return f"{host!r} is no name of this machine ({getattr(exc, 'strerror', exc)})."
    errors = [_bind_error(family, name, shared) for family, _, _, _, name in found]
    # A name may have addresses of a kind that this machine lacks: one that it has is enough.
    missing = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}
    wrong = [exc for exc in errors if exc is not None and exc.errno not in missing]
    if not wrong and None not in errors and host != ANY_HOST.strip("[]"):
        wrong = [exc for exc in errors if exc is not None]
    return _reason(wrong[0]) if wrong else ""


def _bind_error(family: int, name: object, shared: bool) -> OSError | None:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if os.name == "posix":  # elsewhere it lets two servers share a port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, shared)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            probe.bind(name)  # type: ignore[arg-type]  # as getaddrinfo returned it
            if not shared:  # else connections would come to it that nobody takes
                probe.listen(1)
    except OSError as exc:
        return exc
    return None


def _reason(exc: OSError) -> str:
    match exc.errno:
        case errno.EADDRINUSE:
            return "it is in use. Stop what listens there, or give another port."
        case errno.EACCES:
            return "this user may not. Give a port above 1023."
        case errno.EADDRNOTAVAIL | errno.EAFNOSUPPORT:
            return "it is no address of this machine."
        case _:
            return f"{exc.strerror}."


def _unix_reason(name: str) -> str:
    path = Path(name)
    if len(os.fsencode(name)) > MAX_UNIX_PATH:
        return f"the path is longer than {MAX_UNIX_PATH} bytes. Give a shorter one."
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}. Make it, or give another path."
    if not os.access(path.parent, os.W_OK):
        return f"this user may not write to {path.parent}. Give another path."
    if not path.exists():
        return ""
    if not path.is_socket():
        return "that is a file, and no socket. Give another path."
    # grpc takes the path away from whoever listens there.
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        if probe.connect_ex(name) == 0:
            return "it is in use. Stop what listens there, or give another path."
    return ""
