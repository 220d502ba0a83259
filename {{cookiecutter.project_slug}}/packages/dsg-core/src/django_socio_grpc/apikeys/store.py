"""Which key a text is: from memory for a while, else from the database."""

import secrets
from dataclasses import dataclass
from hashlib import blake2b
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models.base import ModelState
from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from django_socio_grpc.apikeys import usage
from django_socio_grpc.apikeys.digests import matches
from django_socio_grpc.apikeys.known import KeyUser, KnownKey
from django_socio_grpc.apikeys.models import APIKey
from django_socio_grpc.apikeys.text import KeyText
from django_socio_grpc.settings import grpc_settings

ROOM = 10_000
"""Keys that are kept in memory at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who has shown a key."""

    key: KnownKey
    owner: Any

    @property
    def user(self) -> Any:
        """The owner, as an object of this call's own, or who stands for the key without one."""
        owner = self.owner
        if owner.__class__ is KeyUser:
            return owner
        # As copy.copy() does, which takes four times as long.
        twin = owner.__class__.__new__(owner.__class__)
        twin.__dict__.update(owner.__dict__)
        twin._state = ModelState()
        twin._state.adding, twin._state.db = False, owner._state.db
        return twin


class Refused(Exception):
    """A text is no key that opens anything. ``reason`` is for the log alone."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Store:
    """The keys that this process has seen lately, by a digest of their text.

    The digest is of this process alone: neither the text nor what the database has is kept.
    """

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._kept: dict[bytes, tuple[float, Caller]] = {}
        self._digests: dict[str, bytes] = {}
        self._changes = 0

    def recall(self, text: str) -> Caller | None:
        """Return who shows ``text``, if that is known without the database."""
        found = self._kept.get(self._digest(text))
        if found is None or found[0] <= monotonic():
            return None
        return found[1]

    def look_up(self, shown: KeyText) -> Caller:
        """Return who shows a key, by the database.

        Raises:
            Refused: there is no such key, or it opens nothing any more.
        """
        changes = self._changes
        row = APIKey.objects.select_related("user").filter(pk=shown.id).first()
        # A key that there is not takes as long as a secret that is wrong.
        pepper, digest = ("", "") if row is None else (row.pepper, row.digest)
        right = matches(shown.text, pepper, digest)
        if row is None:
            raise Refused("unknown")
        if not right:
            raise Refused("shown with another secret, or of a pepper that is gone")
        if row.refusal:
            raise Refused(row.refusal)
        usage.note(row, shown.text)
        key = row.known
        caller = Caller(key=key, owner=KeyUser(key) if row.user is None else row.user)
        seconds: float = grpc_settings.API_KEY_CACHE_SECONDS
        if row.expires_at is not None:
            seconds = min(seconds, (row.expires_at - timezone.now()).total_seconds())
        # What was changed meanwhile may not be what was read.
        if seconds > 0 and changes == self._changes:
            self._keep(shown, caller, monotonic() + seconds)
        return caller

    def forget(self, key_id: str) -> None:
        """The key has changed: ask the database when it is shown next."""
        self._changes += 1
        self._kept.pop(self._digests.pop(key_id, b""), None)

    def clear(self) -> None:
        """Forget all keys."""
        self._changes += 1
        self._kept.clear()
        self._digests.clear()

    def _keep(self, shown: KeyText, caller: Caller, until: float) -> None:
        if len(self._kept) >= ROOM:  # a rare day: to find the oldest would cost each call
            self.clear()
        digest = self._digest(shown.text)
        self._digests[shown.id] = digest
        self._kept[digest] = (until, caller)

    def _digest(self, text: str) -> bytes:
        return blake2b(text.encode(), key=self._secret, digest_size=32).digest()


store = Store()


def _forget(instance: APIKey, **_: Any) -> None:
    key_id = instance.pk  # a deleted row has none later
    store.forget(key_id)
    # Another thread may read the row, as it was, until the transaction ends.
    transaction.on_commit(lambda: store.forget(key_id), robust=True)


for _signal in (post_save, post_delete):
    _signal.connect(_forget, sender=APIKey, dispatch_uid=f"{__name__}._forget")
