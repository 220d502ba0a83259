"""A caller who is known by a key: the key as handlers see it, and who stands for no user."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django_socio_grpc.apikeys.scopes import covers

REFUSED = "The API key is not valid."
"""What a client is told of a key that opens nothing, whatever the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKey:
    """``context.auth`` of a call with a key. It has nothing that is secret.

    Calls share it for as long as the key is kept in memory.
    """

    id: str
    """The public part of the key, for logs and for people."""

    name: str
    scopes: tuple[str, ...]
    rate: str
    """Such as ``"100/minute"``; empty is what the throttle says."""

    user_pk: Any
    """Of the owner, or None."""

    created_at: datetime
    expires_at: datetime | None

    def allows(self, method: str) -> bool:
        """Whether its scopes cover ``method``, ``"questions.QuestionController.List"``."""
        return covers(self.scopes, method)

    def __str__(self) -> str:
        return self.id


@dataclass(frozen=True, slots=True)
class KeyUser:
    """``context.user`` of a key without an owner: a program that is known, and no account.

    Permissions take it for somebody who is logged in. It is of no staff and has no permissions
    of Django's; what it may is what the key's scopes say.
    """

    key: KnownKey

    is_authenticated: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False
    is_active: ClassVar[bool] = True
    is_staff: ClassVar[bool] = False
    is_superuser: ClassVar[bool] = False

    @property
    def pk(self) -> str:
        """What throttles and caches tell one from another by. It is the key of no account."""
        return f"apikey:{self.key.id}"

    id = pk

    @property
    def username(self) -> str:
        return self.pk

    def get_username(self) -> str:
        return self.pk

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return False

    def has_perms(self, perm_list: Iterable[str], obj: Any = None) -> bool:
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False

    def __str__(self) -> str:
        return self.pk
