"""The port that workers share, kept by their parent."""

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from django_socio_grpc.address import ANY_HOST, UNIX, bound_address, check_address
from django_socio_grpc.exceptions import ConfigurationError


@contextmanager
def held(address: str) -> Iterator[str]:
    """Keep ``address``, ``HOST:PORT``, for workers within this block, and yield it.

    Its port is known then, also where it was 0, and nobody else gets it while workers come and
    go. The sockets are bound and do not listen: all connections go to workers.

    Raises:
        ConfigurationError: it cannot be had, or no processes can share it.
    """
    if sys.platform != "linux":
        raise ConfigurationError(
            "Workers share their port by SO_REUSEPORT as Linux has it, and this is "
            f"{sys.platform}. Give --workers 1, or set GRPC_FRAMEWORK['WORKERS'] to 1."
        )
    if address.startswith(UNIX):
        raise ConfigurationError(
            f"Workers share a port, and {address} has none. Give HOST:PORT, or --workers 1."
        )
    check_address(address)
    host, _, text = address.rpartition(":")
    port = int(text)
    with ExitStack() as sockets:
        for family, name in _names(host.strip("[]")):
            # This machine may lack a kind of addresses. One that it has is enough: there is one,
            # or check_address had told.
            with suppress(OSError):
                port = sockets.enter_context(_bound(family, name, port)).getsockname()[1]
        yield bound_address(address, port)


def _names(host: str) -> Iterator[tuple[int, str]]:
    found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for family, _, _, _, name in found:
        yield family, str(name[0])
    if host == ANY_HOST.strip("[]"):  # where there is no IPv6, it is all of IPv4
        yield socket.AF_INET, ""


def _bound(family: int, name: str, port: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            sock.setsockopt(socket.SOL_SOCKET, option, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind((name, port))
    except OSError:
        sock.close()
        raise
    return sock
