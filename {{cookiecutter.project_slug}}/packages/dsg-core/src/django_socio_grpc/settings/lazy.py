"""``grpc_settings.NAME`` reads a setting; assigning to it lasts until Django's settings change."""

import difflib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

from django.conf import settings as django_settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.settings import checks
from django_socio_grpc.settings.declared import Settings


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
        self.__dict__[name] = _value(name, {name: value})

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

    @contextmanager
    def override(self, **values: Any) -> Iterator[None]:
        """Let settings have these ``values`` within this block, and then what they had before."""
        before = {name: getattr(self, name) for name in values}
        try:
            for name, value in values.items():
                setattr(self, name, value)
            yield
        finally:
            for name, value in before.items():
                setattr(self, name, value)

    def reload(self) -> None:
        """Forget what was read and what was assigned."""
        self.__dict__.clear()


_FIELDS = {item.name: item for item in fields(Settings)}


def _given() -> Mapping[str, Any]:
    given = getattr(django_settings, "GRPC_FRAMEWORK", {})
    if hasattr(given, "as_settings"):  # a GRPCConfig
        given = given.as_settings()
    if (expected := checks.mapping(given)) is not None:
        raise ConfigurationError(f"GRPC_FRAMEWORK must be {expected}, not {given!r}.")
    return given


def _value(name: str, given: Mapping[str, Any]) -> Any:
    item = _FIELDS[name]
    default = item.default_factory()  # type: ignore[operator]
    value = given.get(name, default)
    if (expected := item.metadata["check"](value)) is not None:
        shown = "what it is" if item.metadata.get("secret") else repr(value)
        raise ConfigurationError(f"GRPC_FRAMEWORK[{name!r}] must be {expected}, not {shown}.")
    if isinstance(default, Mapping):
        return {**default, **value}
    if (kind := item.metadata.get("kind")) is not None:
        return kind(value)
    if not item.metadata.get("imports"):
        return value
    found = imported(name, value)
    if (expected := item.metadata["check"](found)) is not None:
        raise ConfigurationError(
            f"GRPC_FRAMEWORK[{name!r}] must be {expected}, and {value!r} stands for {found!r}."
        )
    return found


def imported(name: str, value: Any) -> Any:
    """Return what ``value`` of the setting ``name`` stands for: a dotted path for what it names.

    Raises:
        ConfigurationError: it does not import.
    """
    if isinstance(value, list | tuple):
        return [imported(name, item) for item in value]
    if not isinstance(value, str):
        return value
    try:
        return import_string(value)
    except ImportError as exc:
        raise ConfigurationError(
            f"GRPC_FRAMEWORK[{name!r}] names {value!r}, which does not import: {exc}"
        ) from exc


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(str(name).upper(), _FIELDS, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(_FIELDS)}."
    return f"Invalid gRPC setting: GRPC_FRAMEWORK[{name!r}]. {hint}"


def _reload(*, setting: str, **kwargs: Any) -> None:
    if setting in {"GRPC_FRAMEWORK", "ROOT_URLCONF"}:
        grpc_settings.reload()


grpc_settings = LazySettings()
setting_changed.connect(_reload)
