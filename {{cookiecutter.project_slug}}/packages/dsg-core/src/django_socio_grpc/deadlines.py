"""How long a call may take: what the server adds to the deadline that the client has set."""

import math
from dataclasses import dataclass
from typing import Any

from django_socio_grpc.actions import Action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.settings import grpc_settings


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds for a call whose client names no deadline, and for any call at most.

    None is no limit.
    """

    default: float | None = None
    maximum: float | None = None

    def __bool__(self) -> bool:
        return self.default is not None or self.maximum is not None

    def allowed(self, remaining: float | None) -> float | None:
        """The seconds that the server allows a call, or None if it adds nothing.

        ``remaining`` are those of the client's own deadline, or None without one.
        """
        if remaining is None:
            return self.default
        if self.maximum is None or remaining <= self.maximum:
            return None
        return self.maximum


def deadlines_of(service: Any, action: Action) -> Deadlines:
    """Return those of the action, else of the service, else of the settings.

    The service and the settings speak of calls without streams: a stream has no limit but the one
    that its action names. ``math.inf`` is no limit.

    Raises:
        ConfigurationError: one is not a number of seconds above 0.
    """
    streams = bool(action.request_stream or action.response_stream)
    default = _seconds(service, action, "default_deadline", "DEFAULT_DEADLINE", streams)
    maximum = _seconds(service, action, "max_deadline", "MAX_DEADLINE", streams)
    if default is None or (maximum is not None and maximum < default):
        default = maximum
    return Deadlines(default, maximum)


def _seconds(service: Any, action: Action, name: str, setting: str, streams: bool) -> float | None:
    value = getattr(action, name)
    if value is None and not streams:
        value = getattr(service, name)
        if value is None:
            value = getattr(grpc_settings, setting)
    if value is None or value == math.inf:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
        raise ConfigurationError(
            f"{type(service).__name__}.{action.name}: its {name} is {value!r}. Give seconds, more "
            "than 0, or math.inf for no limit."
        )
    return float(value)
