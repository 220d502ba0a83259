"""The settings under ``GRPC_FRAMEWORK``: name, default, check and meaning in one place.

``grpc_settings.NAME`` reads one; assigning to it lasts until Django's settings change.
"""

import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from django.conf import settings as django_settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from django_socio_grpc.exceptions import ConfigurationError

Check = Callable[[Any], str | None]
"""Returns what the value should have been, or None if it is right."""


def _is(kind: type | tuple[type, ...], expected: str) -> Check:
    def check(value: Any) -> str | None:
        right = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
        return None if right else expected

    return check


def _positive(value: Any) -> str | None:
    right = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return None if right else "a whole number above 0"


def _seconds(value: Any) -> str | None:
    right = isinstance(value, int | float) and not isinstance(value, bool)
    return None if right and 0 <= value < math.inf else "a number of seconds, 0 or more"


def _port(value: Any) -> str | None:
    right = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 65535
    return None if right else "a port, 0 to 65535"


def _hook(value: Any) -> str | None:
    right = value is None or callable(value) or isinstance(value, str)
    return None if right else "the dotted path of a function, or a function"


def _class(value: Any) -> str | None:
    right = value is None or isinstance(value, str | type)
    return None if right else "a class, its dotted path, or None"


def _classes(value: Any) -> str | None:
    right = isinstance(value, list | tuple) and all(
        callable(v) or isinstance(v, str) for v in value
    )
    return None if right else "a list of classes or of their dotted paths"


def _interceptors(value: Any) -> str | None:
    right = value is None or isinstance(value, list | tuple)
    return None if right else "a list of interceptors, or None"


def _options(value: Any) -> str | None:
    if value is None or (isinstance(value, list | tuple) and all(map(_is_option, value))):
        return None
    return "a list of (name, value) pairs, or None"


def _is_option(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[0], str)


_flag = _is(bool, "True or False")
_list = _is((list, tuple), "a list")
_mapping = _is(Mapping, "a dict")


def _setting(default: Any, check: Check, *, imports: bool = False) -> Any:
    return field(default_factory=lambda: default, metadata={"check": check, "imports": imports})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting. ``imports`` marks those in which a dotted path stands for what it names."""

    ROOT_HANDLERS_HOOK: str | Callable[..., Any] | None = _setting(None, _hook)
    """Function that registers the services. None is ``<ROOT_URLCONF>.grpc_handlers``."""

    SERVER_INTERCEPTORS: Sequence[Any] | None = _setting(None, _interceptors)
    """Instances, of the kind that the server takes: ``grpc`` or ``grpc.aio``."""

    SERVER_OPTIONS: Sequence[tuple[str, Any]] | None = _setting(None, _options)
    """Options of grpc's. They override those that the servers set themselves."""

    DEFAULT_AUTHENTICATION_CLASSES: Sequence[Any] = _setting((), _classes, imports=True)
    DEFAULT_PERMISSION_CLASSES: Sequence[Any] = _setting((), _classes, imports=True)
    DEFAULT_FILTER_BACKENDS: Sequence[Any] = _setting((), _classes, imports=True)
    DEFAULT_PAGINATION_CLASS: Any = _setting(None, _class, imports=True)
    GRPC_ASYNC: bool = _setting(False, _flag)
    """Which server runs: the commands set it before they call the handlers hook."""

    GRPC_CHANNEL_PORT: int = _setting(50051, _port)
    SEPARATE_READ_WRITE_MODEL: bool = _setting(True, _flag)
    """Whether a serializer gives a Request and a Response message, or one for both."""

    GRPC_MIDDLEWARE: Sequence[Any] = _setting(
        (
            "django_socio_grpc.middlewares.log_requests_middleware",
            "django_socio_grpc.middlewares.close_old_connections_middleware",
        ),
        _classes,
        imports=True,
    )
    """Context managers around each call, the outermost first."""

    MAP_METADATA_KEYS: Mapping[str, str] = _setting(
        {"headers": "headers", "pagination": "pagination", "filters": "filters"}, _mapping
    )
    """The metadata keys that carry JSON. A partial dict overrides single names."""

    LOG_OK_RESPONSE: bool = _setting(False, _flag)
    IGNORE_LOG_FOR_ACTION: Sequence[str] = _setting((), _list)
    """Actions that are not logged, each as ``"QuestionService.List"``."""

    ENABLE_HEALTH_CHECK: bool = _setting(False, _flag)
    MAX_WORKERS: int = _setting(10, _positive)
    """Threads for sync handlers: each has a database connection of its own."""

    MAX_SYNC_STREAMS: int = _setting(64, _positive)
    """Streams of sync handlers open at once; one more is answered RESOURCE_EXHAUSTED.

    On ``grpcrunserver`` it is all streams, and one less than there are workers at most.
    """

    SHUTDOWN_GRACE: float = _setting(25.0, _seconds)
    """Seconds that calls in flight have to finish after SIGTERM or SIGINT."""


class LazySettings:
    """Reads ``settings.GRPC_FRAMEWORK`` at first use and again when it changes."""

    def __getattr__(self, name: str) -> Any:
        if name not in _FIELDS:
            raise AttributeError(_unknown(name))
        value = _value(name, _given())
        self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in _FIELDS:
            raise AttributeError(_unknown(name))
        self.__dict__[name] = value

    def check(self) -> None:
        """Read every setting, so that a wrong one is an error at startup.

        Raises:
            ConfigurationError: a name is unknown, or a value is not what the setting takes.
        """
        for name in _given():
            if name not in _FIELDS:
                raise ConfigurationError(_unknown(name))
        for name in _FIELDS:
            getattr(self, name)

    def reload(self) -> None:
        """Forget what was read and what was assigned."""
        self.__dict__.clear()


_FIELDS = {item.name: item for item in fields(Settings)}


def _given() -> Mapping[str, Any]:
    given = getattr(django_settings, "GRPC_FRAMEWORK", {})
    if (expected := _mapping(given)) is not None:
        raise ConfigurationError(f"GRPC_FRAMEWORK must be {expected}, not {given!r}.")
    return given


def _value(name: str, given: Mapping[str, Any]) -> Any:
    item = _FIELDS[name]
    default = item.default_factory()  # type: ignore[operator]
    value = given.get(name, default)
    if (expected := item.metadata["check"](value)) is not None:
        raise ConfigurationError(f"GRPC_FRAMEWORK[{name!r}] must be {expected}, not {value!r}.")
    if isinstance(default, Mapping):
        return {**default, **value}
    return _imported(name, value) if item.metadata["imports"] else value


def _imported(name: str, value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_imported(name, item) for item in value]
    if not isinstance(value, str):
        return value
    try:
        found = import_string(value)
    except ImportError as exc:
        raise ConfigurationError(
            f"GRPC_FRAMEWORK[{name!r}] names {value!r}, which does not import: {exc}"
        ) from exc
    if not callable(found):
        raise ConfigurationError(
            f"GRPC_FRAMEWORK[{name!r}] names {value!r}, which is {found!r} and no class."
        )
    return found


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(str(name).upper(), _FIELDS, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(_FIELDS)}."
    return f"Invalid gRPC setting: GRPC_FRAMEWORK[{name!r}]. {hint}"


def _reload(*, setting: str, **kwargs: Any) -> None:
    if setting in {"GRPC_FRAMEWORK", "ROOT_URLCONF"}:
        grpc_settings.reload()


grpc_settings = LazySettings()
setting_changed.connect(_reload)
