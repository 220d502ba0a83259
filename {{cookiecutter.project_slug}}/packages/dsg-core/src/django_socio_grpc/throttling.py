"""How often a caller may call."""

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework.exceptions import Throttled
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle, ScopedRateThrottle, SimpleRateThrottle

from django_socio_grpc.concurrency import settled
from django_socio_grpc.exceptions import ConfigurationError


def check(throttles: Sequence[Any], context: Any, service: Any) -> None:
    """Raise Throttled, with the longest time to wait, if a throttle refuses the call.

    Each of them is asked even so, for each counts the calls that come.
    """
    waits = []
    for throttle in throttles:
        _count_by_peer(throttle)
        if not settled(throttle.allow_request(context, service)):
            waits.append(settled(throttle.wait()))
    if waits:
        raise Throttled(max((wait for wait in waits if wait is not None), default=None))


def _count_by_peer(throttle: Any) -> None:
    """Let ``throttle`` know an anonymous caller by ``client_address``."""
    if getattr(type(throttle), "get_ident", None) is BaseThrottle.get_ident:
        throttle.get_ident = client_address


def client_address(context: Any) -> str:
    """Return the address that has connected, or what as many proxies as NUM_PROXIES say of it.

    Without NUM_PROXIES Django REST framework believes whatever ``x-forwarded-for`` says, and a
    client could be somebody else in each call.
    """
    if api_settings.NUM_PROXIES is None:
        return str(context.META["REMOTE_ADDR"])
    return BaseThrottle().get_ident(context)


def check_rates(service: Any) -> None:
    """Raise ConfigurationError if a throttle of ``service`` has no rate, or none to use."""
    scopes: Mapping[str, str] = service.throttle_scopes
    owner = type(service).__name__
    for action in scopes:
        if not hasattr(service, action):
            raise ConfigurationError(
                f"{owner}.throttle_scopes has {action!r}, which is no action of {owner}."
            )
    given = {service.throttle_scope, *scopes.values()} - {""}
    for cls in service.throttle_classes:
        if isinstance(cls, type) and issubclass(cls, SimpleRateThrottle):
            for scope in given if issubclass(cls, ScopedRateThrottle) else [None]:
                _check_rate(f"{owner}: {cls.__name__}", cls, scope)


def _check_rate(owner: str, throttle_class: type[SimpleRateThrottle], scope: str | None) -> None:
    try:
        throttle = throttle_class()
        if scope is not None:
            throttle.scope = scope
            throttle.parse_rate(throttle.get_rate())
    except Exception as exc:  # of many kinds, for what is missing and for what is misspelt
        raise ConfigurationError(
            f"{owner} has no usable rate{f' for the scope {scope!r}' if scope else ''} "
            f"({type(exc).__name__}: {exc}). Set it in REST_FRAMEWORK['DEFAULT_THROTTLE_RATES'], "
            'for example "100/hour", or give the class a rate.'
        ) from exc
