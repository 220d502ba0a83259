"""Replies that end together, when what they are made of changes."""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.core.cache import caches
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Model
from django.dispatch import Signal

from django_socio_grpc.exceptions import ConfigurationError

logger = logging.getLogger("django_socio_grpc.internal")

GLOB, ESCAPED = re.compile(r"[*?\[\]\\^]"), r"\\\g<0>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The replies in the cache ``alias`` whose keys begin with ``prefix``.

    They are kept under a version, and one of another version does not count: to end them all
    takes one write, to any kind of cache, and touches nobody else's entries. A reply made of what
    was there before the change cannot come back either: it is kept under the version that was
    read before its handler ran.
    """

    prefix: str
    alias: str

    @property
    def version_key(self) -> str:
        return f"version:{self.prefix}"

    def end(self) -> None:
        """Let all replies end. A cache that fails is logged."""
        try:
            cache: Any = caches[self.alias]
            cache.set(self.version_key, uuid4().hex, timeout=None)
            if hasattr(cache, "delete_pattern"):  # it frees their memory as well
                cache.delete_pattern(f"{GLOB.sub(ESCAPED, self.prefix)}:*")
        except Exception:
            logger.exception(
                "The cache %r failed: replies of %r may be stale.", self.alias, self.prefix
            )

    def end_when(self, signals: Iterable[Signal], senders: Iterable[Any]) -> None:
        """Let all replies end whenever one of ``senders`` sends one of ``signals``."""
        senders = list(senders)
        for signal in signals:
            for sender in senders:
                uid = f"{__name__}:{self.alias}:{self.prefix}"
                signal.connect(self._changed, sender=sender, weak=False, dispatch_uid=uid)

    def _changed(self, *, using: str | None = None, **kwargs: Any) -> None:
        self.end()
        using = using or DEFAULT_DB_ALIAS
        if connections[using].in_atomic_block:
            # Others do not see the change yet: what they keep until then is old.
            transaction.on_commit(self.end, using=using, robust=True)


def model_of(service_class: type) -> type[Model]:
    """The model that a service is about.

    Raises:
        ConfigurationError: its class does not tell.
    """
    queryset = getattr(service_class, "queryset", None)
    meta = getattr(getattr(service_class, "serializer_class", None), "Meta", None)
    model = getattr(queryset, "model", None) or getattr(meta, "model", None)
    if model is None:
        raise ConfigurationError(
            f"{service_class.__name__} has neither a queryset nor a serializer_class with a "
            "model, so nobody knows what ends its cached replies. Give "
            "cache_endpoint_with_deleter the models as 'senders'."
        )
    return model  # type: ignore[no-any-return]
