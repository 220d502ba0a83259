"""The checks that ``HEALTH_CHECKS`` names."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django_socio_grpc.concurrency import is_async
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.settings.lazy import imported

SETTING = "GRPC_FRAMEWORK['HEALTH_CHECKS']"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Check:
    """``function()`` raises, or returns False, when ``services`` cannot do their work.

    ``name`` is for the log, ``close()`` is called when the server has stopped.
    """

    name: str
    function: Callable[[], Any]
    is_async: bool
    services: Collection[str]
    close: Callable[[], Any] | None


def declared_checks(services: Sequence[str]) -> list[Check]:
    """Return the checks of the settings for a server of ``services``, full names.

    Raises:
        ConfigurationError: a path does not import, it leads to nothing that can be called, or a
            service is not served.
    """
    return [_check(item, services) for item in grpc_settings.HEALTH_CHECKS]


def _check(item: Any, services: Sequence[str]) -> Check:
    given, concerned = item if isinstance(item, list | tuple) else (item, None)
    found = imported("HEALTH_CHECKS", given)
    function = found() if isinstance(found, type) else found
    if not callable(function):
        raise ConfigurationError(
            f"{SETTING} names {given!r}, which is {found!r} and cannot be called. Name a function."
        )
    return Check(
        name=given if isinstance(given, str) else _name(found),
        function=function,
        is_async=is_async(function) or is_async(type(function).__call__),
        services=("", *services) if concerned is None else _served(given, concerned, services),
        close=getattr(function, "close", None),
    )


def _name(found: Any) -> str:
    named = found if hasattr(found, "__qualname__") else type(found)
    return f"{named.__module__}.{named.__qualname__}"


def _served(given: Any, concerned: Iterable[str], services: Sequence[str]) -> Collection[str]:
    for name in concerned:
        if name not in services:
            raise ConfigurationError(
                f"{SETTING}: {given!r} is for {name!r}, which is not served. "
                f"There are: {', '.join(services)}."
            )
    return tuple(concerned)
