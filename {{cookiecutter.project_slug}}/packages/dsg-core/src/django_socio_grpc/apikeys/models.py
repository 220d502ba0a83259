"""The table of keys. What is secret of a key is not in it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from django_socio_grpc.apikeys.digests import new_digest
from django_socio_grpc.apikeys.known import KnownKey
from django_socio_grpc.apikeys.scopes import read_scopes
from django_socio_grpc.apikeys.text import ID, beginning, generate
from django_socio_grpc.rates import read_rate
from django_socio_grpc.settings import grpc_settings

NAME = 100
"""Characters of a name at most."""


class APIKeyManager(models.Manager["APIKey"]):
    """``APIKey.objects``."""

    def issue(
        self,
        *,
        name: str,
        user: Any = None,
        scopes: Iterable[str] = (),
        expires_at: datetime | None = None,
        rate: str = "",
    ) -> tuple["APIKey", str]:
        """Make a key, and return its row and its text. Nobody can tell the text ever again.

        A key without ``scopes`` may call nothing.

        Raises:
            ValueError: a scope or the rate is none.
        """
        if rate:
            read_rate(rate)
        row = self.model(
            name=name, user=user, scopes=read_scopes(scopes), expires_at=expires_at, rate=rate
        )
        text = row.seal()
        row.save(force_insert=True)
        return row, text


class APIKey(models.Model):
    """One key. ``id`` is the public part of its text."""

    id = models.CharField(primary_key=True, max_length=ID, editable=False)
    environment = models.CharField(max_length=4, editable=False)
    pepper = models.CharField(max_length=8, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    name = models.CharField(max_length=NAME, help_text="Who or what uses it.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="grpc_api_keys",
        help_text="In whose name it calls. Without one it calls in its own.",
    )
    scopes = models.JSONField(default=list, blank=True)
    rate = models.CharField(
        max_length=20,
        blank=True,
        help_text="How often it may call where a service limits that: 100/minute.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    replaced_by = models.ForeignKey(
        "self", null=True, editable=False, on_delete=models.SET_NULL, related_name="replaces"
    )

    objects = APIKeyManager()

    class Meta:
        ordering = ["-created_at", "id"]
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.id})"

    @property
    def shown(self) -> str:
        """What its text begins with."""
        return f"{beginning(grpc_settings.API_KEY_PREFIX, self.environment)}{self.id}"

    @property
    def known(self) -> KnownKey:
        """What handlers see of it."""
        return KnownKey(
            id=self.id,
            name=self.name,
            scopes=_texts(self.scopes),
            rate=self.rate,
            user_pk=self.user_id,
            created_at=self.created_at,
            expires_at=self.expires_at,
        )

    @property
    def refusal(self) -> str:
        """Why it opens nothing any more, or an empty text: ``"revoked"`` for example."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= timezone.now():
            return "expired"
        if self.user is not None and not self.user.is_active:
            return "of an inactive user"
        return ""

    def seal(self) -> str:
        """Become a new key, to be saved with ``force_insert``, and return its text."""
        self.environment = grpc_settings.API_KEY_ENVIRONMENT
        made = generate(grpc_settings.API_KEY_PREFIX, self.environment)
        self.id = made.id
        self.pepper, self.digest = new_digest(made.text)
        return made.text

    def revoke(self) -> None:
        """Let it open nothing from now on. There is no way back."""
        if self.revoked_at is None:
            self.revoked_at = timezone.now()
            self.save(update_fields=["revoked_at"])

    def rotate(self, overlap: timedelta) -> tuple["APIKey", str]:
        """Make a key that takes its place, and return its row and its text.

        This one goes on for ``overlap`` at most, so that whoever uses it can change over. The
        new one lasts as long as this one was made to.

        Raises:
            ValueError: this one opens nothing any more, or has been replaced.
        """
        if self.refusal:
            raise ValueError(f"The key {self.id} is {self.refusal}. Create a new one.")
        if self.replaced_by_id is not None:
            raise ValueError(
                f"The key {self.id} has been replaced by {self.replaced_by_id}. Rotate that one."
            )
        now = timezone.now()
        expires_at = None if self.expires_at is None else now + (self.expires_at - self.created_at)
        with transaction.atomic():
            row, text = type(self).objects.issue(
                name=self.name,
                user=self.user,
                scopes=self.scopes,
                expires_at=expires_at,
                rate=self.rate,
            )
            self.replaced_by = row
            self.expires_at = min(self.expires_at or now + overlap, now + overlap)
            self.save(update_fields=["replaced_by", "expires_at"])
        return row, text


def _texts(scopes: Any) -> tuple[str, ...]:
    """What is a list of texts; else nothing: of a text, or of a mapping, ``*`` may be a part."""
    if not isinstance(scopes, list | tuple):
        return ()
    return tuple(scope for scope in scopes if isinstance(scope, str))
