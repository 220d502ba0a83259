"""When keys were used: written beside the calls, which do not wait for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.db import connections, router
from django.db.models import Q
from django.utils import timezone

from django_socio_grpc.apikeys.digests import new_digest, peppers
from django_socio_grpc.apikeys.models import APIKey
from django_socio_grpc.concurrency.batches import Batches
from django_socio_grpc.concurrency.connections import is_lent

PAUSE = timedelta(minutes=1)
"""What ``last_used_at`` may be behind: more often it is not written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A key was used. ``digest`` is what the first pepper makes of it, if the row has another."""

    id: str
    at: datetime
    digest: tuple[str, str] | None


def note(row: APIKey, text: str) -> None:
    """Note that the key of ``row``, whose text is ``text``, is used, unless that is known."""
    old_pepper = row.pepper != next(iter(peppers()))
    now = timezone.now()
    if row.last_used_at is not None and now - row.last_used_at < PAUSE and not old_pepper:
        return
    use = Use(id=row.pk, at=now, digest=new_digest(text) if old_pepper else None)
    # In a test that ends with a rollback, no other thread's connection sees the row.
    if is_lent(connections[router.db_for_write(APIKey)]):
        update([use])
    else:
        _batches().put(use)


def update(uses: Sequence[Use]) -> None:
    """Write ``uses``, but for those that another process has written within the ``PAUSE``."""
    latest = max(use.at for use in uses)
    unnoted = Q(last_used_at=None) | Q(last_used_at__lte=latest - PAUSE)
    keys = APIKey.objects.filter(unnoted, pk__in={use.id for use in uses})
    keys.update(last_used_at=latest)
    for use in uses:
        if use.digest is not None:
            pepper, digest = use.digest
            APIKey.objects.filter(pk=use.id).update(pepper=pepper, digest=digest)


def write(uses: Sequence[Use]) -> None:
    """``update`` in a thread that has no other use for its connection."""
    try:
        update(uses)
    finally:
        connections.close_all()


@cache
def _batches() -> Batches[Use]:
    return Batches("grpc-apikeys", write)
