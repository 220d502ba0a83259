"""The settings of what a server tells of itself."""

from dataclasses import dataclass

from django_socio_grpc.settings import checks
from django_socio_grpc.settings.setting import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingSettings:
    """Logs, metrics and traces."""

    REQUEST_LOG: str = setting("off", checks.which_calls)
    """``"errors"`` or ``"all"``: the calls that get a record when they are over."""

    DATABASE_LOG: str = setting("off", checks.which_calls)
    """The calls that get a row, in the table of ``django_socio_grpc.request_log``."""

    RETURN_REQUEST_ID: bool = setting(False, checks.flag)
    """Whether calls that go well return their ``x-request-id`` too; those that fail always do."""

    METRICS_PORT: int | None = setting(None, checks.optional(checks.port))
    """The port where Prometheus asks for metrics; needs prometheus-client."""

    METRICS_HOST: str = setting("127.0.0.1", checks.text)
    TRACING: bool = setting(False, checks.flag)
    """Whether each call is a span of OpenTelemetry's; needs opentelemetry-api."""

    LOOP_WATCHDOG: float = setting(1.0, checks.seconds)
    """Seconds for which a loop may be blocked before the log says by what; 0 is for ever."""
