"""Configuration of the server as typed values, for ``GRPC_FRAMEWORK`` in the settings file.

    from django_socio_grpc.config import GRPCConfig, GRPCServerConfig

    GRPC_FRAMEWORK = GRPCConfig(server=GRPCServerConfig(port=50051, max_concurrent_streams=1000))

This module is safe to import in a settings file.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from django_socio_grpc.address import parse_address
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.settings import checks
from django_socio_grpc.settings.checks import Check

MILLISECONDS = 1000


def _setting(default: Any, check: Check, name: str) -> Any:
    """A field that is the setting ``name``."""
    return field(default=default, metadata={"check": check, "setting": name})


def _option(check: Check, *names: str, factor: int = 1) -> Any:
    """A field that is the options ``names`` of grpc's; None leaves them as servers set them."""
    metadata = {"check": checks.optional(check), "options": names, "factor": factor}
    return field(default=None, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class GRPCServerConfig:
    """How both servers serve. Times are in seconds, sizes in bytes."""

    host: str = _setting("[::]", checks.text, "GRPC_HOST")
    """The address to listen on, where the command names none; ``[::]`` is all of them."""

    port: int = _setting(50051, checks.port, "GRPC_CHANNEL_PORT")
    max_workers: int = _setting(20, checks.positive, "MAX_WORKERS")
    """Threads for sync handlers at most."""

    max_sync_streams: int = _setting(64, checks.positive, "MAX_SYNC_STREAMS")
    """Streams of sync handlers that may be open at once."""

    shutdown_grace: float = _setting(25.0, checks.seconds, "SHUTDOWN_GRACE")
    """Time that calls in flight have to finish when the server stops."""

    shutdown_delay: float = _setting(0.0, checks.seconds, "SHUTDOWN_DELAY")
    """Time after SIGTERM in which health is NOT_SERVING already and calls are still taken."""

    workers: int = _setting(1, checks.positive, "WORKERS")
    """Processes that serve on the one port, on Linux."""

    asyncio_debug: bool = _setting(False, checks.flag, "ASYNCIO_DEBUG")
    """Whether asyncio watches for callbacks that block, and for what nobody awaits."""

    enable_reflection: bool = _setting(False, checks.flag, "ENABLE_REFLECTION")
    """Whether clients may ask for the contract; needs grpcio-reflection."""

    enable_health_check: bool = _setting(True, checks.flag, "ENABLE_HEALTH_CHECK")
    """Whether ``grpc.health.v1.Health`` is served."""

    health_checks: Sequence[Any] = _setting((), checks.health_checks, "HEALTH_CHECKS")
    """What must pass for the server to be ready."""

    health_interval: float = _setting(2.0, checks.seconds_above_0, "HEALTH_INTERVAL")
    """Time from the end of a check to its next run."""

    health_timeout: float = _setting(3.0, checks.seconds_above_0, "HEALTH_TIMEOUT")
    """Time after which a check that has not answered has failed."""

    compression: str | None = _setting(None, checks.compression, "COMPRESSION")
    """``"gzip"`` or ``"deflate"``, for replies to clients that take it."""

    max_concurrent_streams: int | None = _option(checks.positive, "grpc.max_concurrent_streams")
    """Calls that one connection may have open at once, 100 unless it is given; more wait."""

    max_receive_message_length: int | None = _option(
        checks.positive, "grpc.max_receive_message_length"
    )
    """Size of a request, 4 MiB unless it is given."""

    max_metadata_size: int | None = _option(checks.positive, "grpc.max_metadata_size")
    """Size of a call's metadata, 8 KiB unless it is given; a call with more may be refused."""

    absolute_max_metadata_size: int | None = _option(
        checks.positive, "grpc.absolute_max_metadata_size"
    )
    """Size from which on it is refused in any case, 16 KiB unless it is given."""

    max_send_message_length: int | None = _option(checks.positive, "grpc.max_send_message_length")
    """Size of a reply, without a limit unless it is given."""

    keepalive_time: float | None = _option(
        checks.seconds, "grpc.keepalive_time_ms", factor=MILLISECONDS
    )
    """Time without traffic after which a client is asked whether it is still there, 60 s."""

    keepalive_timeout: float | None = _option(
        checks.seconds,
        "grpc.keepalive_timeout_ms",
        "grpc.http2.ping_timeout_ms",
        factor=MILLISECONDS,
    )
    """Time that it has to answer, 20 s."""

    keepalive_permit_without_calls: bool | None = _option(
        checks.flag, "grpc.keepalive_permit_without_calls"
    )
    """Whether connections without calls are asked too, as they are."""

    max_connection_idle: float | None = _option(
        checks.seconds, "grpc.max_connection_idle_ms", factor=MILLISECONDS
    )
    """Time after which a connection without calls is closed, 15 minutes."""

    max_connection_age: float | None = _option(
        checks.seconds, "grpc.max_connection_age_ms", factor=MILLISECONDS
    )
    """Time after which a connection takes no new calls, so that clients spread anew, an hour."""

    max_connection_age_grace: float | None = _option(
        checks.seconds, "grpc.max_connection_age_grace_ms", factor=MILLISECONDS
    )
    """Time that its open calls have from then on, 10 minutes."""

    max_concurrent_rpcs: int | None = _setting(
        5000, checks.optional(checks.positive), "MAX_CONCURRENT_RPCS"
    )
    """Calls of all connections at once; one more is RESOURCE_EXHAUSTED."""

    default_deadline: float | None = _setting(
        None, checks.optional(checks.seconds_above_0), "DEFAULT_DEADLINE"
    )
    """Time for a call without streams whose client names no deadline."""

    max_deadline: float | None = _setting(
        None, checks.optional(checks.seconds_above_0), "MAX_DEADLINE"
    )
    """Time for a call without streams at most."""

    first_message_timeout: float | None = _setting(
        30.0, checks.optional(checks.seconds_above_0), "FIRST_MESSAGE_TIMEOUT"
    )
    """Time until the one message of a call must have come."""

    options: Sequence[tuple[str, Any]] = field(default=(), metadata={"check": checks.options})
    """Options of grpc's that have no field here. They win over those that have."""

    def __post_init__(self) -> None:
        _check(self)
        parse_address(f"{self.host}:{self.port}", self.port)

    def as_settings(self) -> dict[str, Any]:
        """Return the keys of ``GRPC_FRAMEWORK`` that say the same."""
        settings: dict[str, Any] = {}
        options: list[tuple[str, Any]] = []
        for item in fields(self):
            value = getattr(self, item.name)
            if "setting" in item.metadata:
                settings[item.metadata["setting"]] = value
            elif "options" in item.metadata and value is not None:
                number = int(value * item.metadata["factor"])
                options += [(name, number) for name in item.metadata["options"]]
        return {**settings, "SERVER_OPTIONS": [*options, *self.options]}


@dataclass(frozen=True, slots=True, kw_only=True)
class GRPCConfig:
    """What ``GRPC_FRAMEWORK`` takes in the place of a dict."""

    enabled: bool = field(default=True, metadata={"check": checks.flag})
    """Whether servers start. Contracts can be generated either way."""

    server: GRPCServerConfig = field(
        default_factory=GRPCServerConfig,
        metadata={"check": checks.instance_of(GRPCServerConfig, "a GRPCServerConfig")},
    )
    handlers_hook: str | Callable[[Any], Any] | None = field(
        default=None, metadata={"check": checks.hook}
    )
    """The function that registers the services; None is ``<ROOT_URLCONF>.grpc_handlers``."""

    settings: Mapping[str, Any] = field(default_factory=dict, metadata={"check": checks.mapping})
    """All other keys of ``GRPC_FRAMEWORK``, such as DEFAULT_PERMISSION_CLASSES."""

    def __post_init__(self) -> None:
        _check(self)
        twice = sorted(self.settings.keys() & self._own_settings().keys())
        if twice:
            raise ConfigurationError(
                f"GRPCConfig.settings has {', '.join(twice)}, for which GRPCConfig and "
                "GRPCServerConfig have fields. Give it there."
            )

    def as_settings(self) -> dict[str, Any]:
        """Return it as the dict that ``GRPC_FRAMEWORK`` may be as well."""
        return {**self._own_settings(), **self.settings}

    def _own_settings(self) -> dict[str, Any]:
        own = {"ENABLED": self.enabled, "ROOT_HANDLERS_HOOK": self.handlers_hook}
        return {**own, **self.server.as_settings()}


def _check(config: Any) -> None:
    for item in fields(config):
        value = getattr(config, item.name)
        if (expected := item.metadata["check"](value)) is not None:
            raise ConfigurationError(
                f"{type(config).__name__}.{item.name} must be {expected}, not {value!r}."
            )
