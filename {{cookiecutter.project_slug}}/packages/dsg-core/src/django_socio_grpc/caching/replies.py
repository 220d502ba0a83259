"""Replies in a cache. One that fails is a cache that has nothing."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.cache import caches
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from grpc import StatusCode

from django_socio_grpc.caching.groups import Group
from django_socio_grpc.caching.keys import call_key
from django_socio_grpc.context import Context, Metadata

logger = logging.getLogger("django_socio_grpc.internal")

UNKEPT = "set-cookie"
UNKEPT_CONTROLS = ("private", "no-store", "no-cache")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the reply of a call is, or is to be kept: ``key`` in ``cache``, of ``version``.

    ``reply`` is what was there. ``before`` is the trailing metadata that are not the handler's.
    """

    cache: Any = None
    key: str = ""
    version: str | None = ""
    reply: Message | None = None
    before: Metadata = ()


NOWHERE = Place()


@dataclass(slots=True, kw_only=True)
class Replies:
    """The replies of ``function``, by its full name, for ``timeout`` seconds.

    ``group`` gives the group that they end with, if any, by the class of the service. What is
    None is as Django's ``CACHE_MIDDLEWARE_*`` settings say.
    """

    function: str
    timeout: float | None
    alias: str | None
    prefix: str | None = None
    group: Callable[[type], Group] | None = None
    vary: Sequence[str] = ()

    def find(self, service: Any, request: Any, context: Context) -> Place:
        """Return the place of this call's reply. If it is there, so are its trailing metadata."""
        if not isinstance(request, Message) or self._seconds() <= 0:
            return NOWHERE
        call = call_key(self.function, service, request, context, self.vary)
        if call is None:
            return NOWHERE
        try:
            return self._find(call, type(service), request, context)
        except Exception as exc:
            _log_failure(context, exc)
            return NOWHERE

    def keep(self, place: Place, reply: Any, context: Context) -> None:
        """Keep ``reply`` in ``place``, if the call went well and others may have it."""
        context.check_may_go_on()  # what is kept is given without the handler and its checks
        failed = context.response_code not in {None, StatusCode.OK}
        if place is NOWHERE or failed or not isinstance(reply, Message):
            return
        metadata = [pair for pair in context.trailing_metadata() if pair not in place.before]
        if any(map(_forbids, metadata)):
            return
        kept = (place.version, reply.DESCRIPTOR.full_name, reply.SerializeToString(), metadata)
        try:
            place.cache.set(place.key, kept, timeout=self._seconds())
        except Exception as exc:
            _log_failure(context, exc)

    def _find(self, call: str, cls: type, request: Message, context: Context) -> Place:
        group = None if self.group is None else self.group(cls)
        prefix = self._prefix() if group is None else group.prefix
        key = f"{prefix}:{call}"
        cache = caches[self.alias or settings.CACHE_MIDDLEWARE_ALIAS]  # each thread has its own
        version: str | None
        if group is None:
            version, kept = "", cache.get(key)
        else:
            found = cache.get_many([group.version_key, key])
            version, kept = found.get(group.version_key), found.get(key)
            if version is None:  # nothing is kept yet, or the cache has dropped it
                cache.add(group.version_key, uuid4().hex, timeout=None)
                version = cache.get(group.version_key)
        before = tuple(context.trailing_metadata())
        reply = None
        if kept is not None and kept[0] == version:
            _, name, data, metadata = kept
            reply = _parse(request, name, data)
            if reply is not None and metadata:
                context.set_trailing_metadata([*before, *metadata])
        return Place(cache=cache, key=key, version=version, reply=reply, before=before)

    def _seconds(self) -> float:
        return settings.CACHE_MIDDLEWARE_SECONDS if self.timeout is None else self.timeout

    def _prefix(self) -> str:
        return settings.CACHE_MIDDLEWARE_KEY_PREFIX if self.prefix is None else self.prefix


def _parse(request: Message, name: str, data: bytes) -> Message | None:
    """The message ``name`` of the contract that ``request`` is of; None if it is there no more."""
    pool: Any = request.DESCRIPTOR.file.pool
    try:
        return GetMessageClass(pool.FindMessageTypeByName(name)).FromString(data)
    except (KeyError, DecodeError):
        return None


def _forbids(pair: tuple[str, str | bytes]) -> bool:
    """Whether a handler says by trailing metadata that its reply is for one call alone."""
    name, value = pair
    if name == "cache-control":
        return any(control in str(value) for control in UNKEPT_CONTROLS)
    return name == UNKEPT


def _log_failure(context: Context, exc: Exception) -> None:
    # Without a traceback: it is one line for each call, as long as the cache is down.
    logger.warning("%s goes on without its cache, which failed: %r", context.path, exc)
