"""What a server is told when it starts: by the command, or else by the settings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import grpc

from django_socio_grpc import registry
from django_socio_grpc.settings import grpc_settings

OPTIONS = (
    # C-core keeps a header's parse error in its table and then fails the same header of other
    # clients behind one proxy: without a table, a bad header is its sender's alone.
    ("grpc.http2.hpack_table_size.decoder", 0),
    # A second server on the port is an error, not a silent share of the calls.
    ("grpc.so_reuseport", 0),
)
COMPRESSIONS = {"gzip": grpc.Compression.Gzip, "deflate": grpc.Compression.Deflate}


def _from(setting: str) -> Any:
    return field(default_factory=partial(getattr, grpc_settings, setting))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """How to serve. ``hook`` registers the services; ``grace`` is in seconds."""

    address: str
    hook: Callable[[Any], Any] = field(default_factory=registry.handlers_hook)
    max_workers: int = _from("MAX_WORKERS")
    grace: float = _from("SHUTDOWN_GRACE")
    reflection: bool = _from("ENABLE_REFLECTION")
    asyncio_debug: bool = _from("ASYNCIO_DEBUG")

    @property
    def options(self) -> Sequence[tuple[str, Any]]:
        """Ours, then those of the settings, which win."""
        return list({**dict(OPTIONS), **dict(grpc_settings.SERVER_OPTIONS or ())}.items())

    @property
    def compression(self) -> grpc.Compression | None:
        """Of replies to clients that take it."""
        name = grpc_settings.COMPRESSION
        return None if name is None else COMPRESSIONS[name]
