"""What an operator is told by ``manage.py check --deploy``: settings that hurt in production."""

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from django_socio_grpc import registry
from django_socio_grpc.address import UNIX
from django_socio_grpc.calls.hooks import is_guarded
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.health.checks import declared_checks
from django_socio_grpc.server.config import OPTIONS
from django_socio_grpc.service import Service
from django_socio_grpc.settings import grpc_settings

PACKAGE = __name__.partition(".")[0]
NAMED_AT_ONCE = 10
"""Services that one message names. There is no end to how many a project has."""

API_KEYS = f"{PACKAGE}.apikeys"
TABLE = "grpc.http2.hpack_table_size.decoder"
SHARED = "grpc.so_reuseport"
UNLIMITED = 2**31 - 1
LIMITS = (
    "grpc.max_receive_message_length",
    "grpc.max_metadata_size",
    "grpc.absolute_max_metadata_size",
    "grpc.max_concurrent_streams",
)
"""Options of grpc's that keep one client from having all there is."""

Found = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Rule:
    """``look`` yields what is wrong, each with what to do; ``number`` is that of its id."""

    number: int
    look: Callable[[], Found]


def check_deployment(**kwargs: Any) -> list[CheckMessage]:
    """Return a warning for each setting of production that is not fit for it.

    ``SILENCED_SYSTEM_CHECKS`` takes the ids of those that are meant to be so.
    """
    try:
        grpc_settings.check()
    except ConfigurationError as exc:
        return [_error(exc)]
    if not grpc_settings.ENABLED:
        return []
    found: list[CheckMessage] = []
    for rule in RULES:  # two of them may meet the same error
        found += [message for message in _messages(rule) if message not in found]
    return found


def _messages(rule: Rule) -> Iterator[CheckMessage]:
    try:
        for text, hint in rule.look():
            yield Warning(text, hint=hint, id=f"{PACKAGE}.W{rule.number:03}")
    except ConfigurationError as exc:
        yield _error(exc)


def _error(exc: ConfigurationError) -> Error:
    return Error(str(exc), id=f"{PACKAGE}.E002")


def _open_port() -> Found:
    host = grpc_settings.GRPC_HOST
    if not grpc_settings.PRIVATE_KEY_CERTIFICATE_CHAIN_PAIRS_PATH and not _is_local(host):
        yield (
            f"GRPC_FRAMEWORK['GRPC_HOST'] is {host!r}, which other machines reach, and the server "
            "has no TLS: whoever is in between reads and changes what is said.",
            "Set GRPC_FRAMEWORK['PRIVATE_KEY_CERTIFICATE_CHAIN_PAIRS_PATH']. Where a proxy or a "
            "mesh speaks TLS in its place, silence this check.",
        )


def _is_local(host: str) -> bool:
    if host.startswith(UNIX) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:  # another name
        return False


def _reflection() -> Found:
    if grpc_settings.ENABLE_REFLECTION and not settings.DEBUG:
        yield (
            "GRPC_FRAMEWORK['ENABLE_REFLECTION'] is True and DEBUG is off: whoever reaches the "
            "server may read its contract, with every service and field.",
            "Set it to False, and give the .proto files to those who need them.",
        )


def _no_limits() -> Found:
    if grpc_settings.MAX_CONCURRENT_RPCS is None:
        yield (
            "GRPC_FRAMEWORK['MAX_CONCURRENT_RPCS'] is None: calls that come faster than they are "
            "answered wait without end, and take the memory of the process.",
            "Set it to what one process can work off within the patience of its clients.",
        )
    given = _options()
    for name in LIMITS:
        value = given.get(name)
        if isinstance(value, int) and (value < 0 or value >= UNLIMITED):
            yield (
                f"GRPC_FRAMEWORK['SERVER_OPTIONS'] has {name!r} at {value}, which is no limit: "
                "one client may take the memory of the process.",
                "Leave it out, for the server has a limit of its own, or give one.",
            )


def _services() -> Iterator[type[Service]]:
    """Those of both servers, which may be the same."""
    aio = grpc_settings.GRPC_ASYNC
    for mode in (aio, not aio):
        with grpc_settings.override(GRPC_ASYNC=mode):
            apps_served = registry.collect_apps().values()
        for app in apps_served:
            yield from app.services


def _unguarded() -> Found:
    found = {
        f"{cls.__module__}.{cls.__qualname__}": None
        for cls in _services()
        if not is_guarded(cls())
    }
    if found:
        yield (
            f"Nothing says who may call {_named(list(found))}: everybody may.",
            "Give it permission_classes, [AllowAny] if everybody may, or set GRPC_FRAMEWORK"
            "['DEFAULT_PERMISSION_CLASSES']. With GRPC_FRAMEWORK['REQUIRE_POLICY'] no server "
            "starts without.",
        )


def _named(names: Sequence[str]) -> str:
    rest = len(names) - NAMED_AT_ONCE
    shown = ", ".join(names[:NAMED_AT_ONCE])
    return f"{shown} and {rest} more" if rest > 0 else shown


def _pepper() -> Found:
    if apps.is_installed(API_KEYS) and not grpc_settings.API_KEY_PEPPERS:
        yield (
            "GRPC_FRAMEWORK['API_KEY_PEPPERS'] is empty, so the digests of API keys depend on "
            "SECRET_KEY: no key works any more when that one is changed.",
            "Set it to a list with one long random text, which is kept when SECRET_KEY changes.",
        )


def _no_grace() -> Found:
    if not grpc_settings.SHUTDOWN_GRACE:
        yield (
            "GRPC_FRAMEWORK['SHUTDOWN_GRACE'] is 0: each deployment breaks off the calls that are "
            "under way.",
            "Set it to the seconds that your longest call takes.",
        )


def _shared_table() -> Found:
    if _options().get(TABLE, dict(OPTIONS).get(TABLE)) != 0:
        yield (
            f"GRPC_FRAMEWORK['SERVER_OPTIONS'] has {TABLE!r} at {_options()[TABLE]!r}: behind a "
            "proxy, the bad header of one client makes calls of others fail.",
            "Leave it out: the server has 0. Where nginx is the only proxy, which has no such "
            "table, silence this check.",
        )


def _shared_port() -> Found:
    if _options().get(SHARED):
        yield (
            f"GRPC_FRAMEWORK['SERVER_OPTIONS'] has {SHARED!r} on: a second server on the port, of "
            "another version or by mistake, takes a part of the calls, and nobody is told.",
            "Leave it out: the server sets it where it has several processes.",
        )


def _slow_loop() -> Found:
    if grpc_settings.ASYNCIO_DEBUG:
        yield (
            "GRPC_FRAMEWORK['ASYNCIO_DEBUG'] is True, which makes each call several times slower.",
            "Set it to False.",
        )


def _no_health() -> Found:
    if not grpc_settings.ENABLE_HEALTH_CHECK:
        yield (
            "GRPC_FRAMEWORK['ENABLE_HEALTH_CHECK'] is False: nothing that deploys or balances can "
            "tell whether the server takes calls.",
            "Set it to True.",
        )
    else:
        declared_checks([cls.get_full_name() for cls in _services()])  # raises what a server does


def _capped_deadline() -> Found:
    default, most = grpc_settings.DEFAULT_DEADLINE, grpc_settings.MAX_DEADLINE
    if default is not None and most is not None and default > most:
        yield (
            f"GRPC_FRAMEWORK['DEFAULT_DEADLINE'] is {default:g} s and GRPC_FRAMEWORK"
            f"['MAX_DEADLINE'] is {most:g} s, so calls whose client names no deadline have "
            f"{most:g} s.",
            "Lower the one or raise the other.",
        )


def _options() -> dict[str, Any]:
    return dict(grpc_settings.SERVER_OPTIONS or ())


RULES = (
    Rule(1, _open_port),
    Rule(2, _reflection),
    Rule(3, _no_limits),
    Rule(4, _unguarded),
    Rule(5, _pepper),
    Rule(6, _no_grace),
    Rule(7, _shared_table),
    Rule(8, _shared_port),
    Rule(9, _slow_loop),
    Rule(10, _no_health),
    Rule(11, _capped_deadline),
)
