"""What a server is told when it starts: by the command, or else by the settings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django_socio_grpc import registry
from django_socio_grpc.settings import grpc_settings

KIB = 1024
MIB = 1024 * KIB
MINUTE = 60_000  # milliseconds
OPTIONS = (
    # C-core keeps a header's parse error in its table and then fails the same header of other
    # clients behind one proxy: without a table, a bad header is its sender's alone.
    ("grpc.http2.hpack_table_size.decoder", 0),
    # A second server on the port is an error, not a silent share of the calls.
    ("grpc.so_reuseport", 0),
    # What one client may ask for. docs/limits.md says why each is as it is.
    ("grpc.max_concurrent_streams", 100),
    ("grpc.max_receive_message_length", 4 * MIB),
    ("grpc.max_metadata_size", 8 * KIB),
    ("grpc.absolute_max_metadata_size", 16 * KIB),
    # Whether it is still there. Without the timeout of pings the other one does not end a call.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.ping_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 30_000),
    # For how long it may stay.
    ("grpc.max_connection_idle_ms", 15 * MINUTE),
    ("grpc.max_connection_age_ms", 60 * MINUTE),
    ("grpc.max_connection_age_grace_ms", 10 * MINUTE),
)
COMPRESSION = {
    # Not an algorithm, which grpc would take whether the client does or not, but a level: of what
    # the client takes, the lowest level is gzip where that can be, and the highest one deflate.
    "gzip": [("grpc.default_compression_level", 1)],
    "deflate": [("grpc.default_compression_level", 3)],
    None: [],
}


def _from(setting: str) -> Any:
    return field(default_factory=partial(getattr, grpc_settings, setting))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """How to serve. ``hook`` registers the services; ``grace`` and ``delay`` are in seconds.

    ``worker`` is the number, from 1, of one of the processes that share the address, or None if
    the server has it for itself.
    """

    address: str
    hook: Callable[[Any], Any] = field(default_factory=registry.handlers_hook)
    max_workers: int = _from("MAX_WORKERS")
    grace: float = _from("SHUTDOWN_GRACE")
    delay: float = _from("SHUTDOWN_DELAY")
    worker: int | None = None
    reflection: bool = _from("ENABLE_REFLECTION")
    asyncio_debug: bool = _from("ASYNCIO_DEBUG")
    metrics_port: int | None = _from("METRICS_PORT")
    metrics_host: str = _from("METRICS_HOST")
    database_log: str = _from("DATABASE_LOG")

    @property
    def metrics(self) -> tuple[str, int] | None:
        """The host and port that show metrics, if any: a worker's, for its parent to collect."""
        if self.metrics_port is None:
            return None
        if self.worker is not None:
            return "127.0.0.1", 0
        return self.metrics_host, self.metrics_port

    @property
    def options(self) -> Sequence[tuple[str, Any]]:
        """Ours, then those of the settings, which win: but workers do share their port."""
        own = [*OPTIONS, *COMPRESSION[grpc_settings.COMPRESSION]]
        options = {**dict(own), **dict(grpc_settings.SERVER_OPTIONS or ())}
        if self.worker is not None:
            options["grpc.so_reuseport"] = 1
        return list(options.items())
