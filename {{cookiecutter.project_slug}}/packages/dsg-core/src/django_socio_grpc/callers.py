"""Who calls, as text: what tells a cache the replies of one caller from those of another."""

from typing import Any
from uuid import UUID


def caller_key(user: Any, auth: Any) -> str | None:
    """Return a text for this caller alone, "" for one whom nobody knows, or None.

    None is for a user without a primary key, ``pk`` or ``id``. ``auth``, an API key for example,
    counts as well, for keys of one user may have different rights; where nobody can tell one from
    another, they count as one. A caller without a user is who holds ``auth``.
    """
    held = None if auth is None else _identity("auth", auth)
    if user is not None and getattr(user, "is_authenticated", True):
        known = _identity("user", user)
        return known if known is None or held is None else f"{known} {held}"
    return "" if auth is None else held


def _identity(kind: str, value: Any) -> str | None:
    key = value if isinstance(value, str | int | UUID) else getattr(value, "pk", None)
    key = getattr(value, "id", None) if key is None else key
    if key is None:
        return None
    cls = value.__class__  # which a lazy user has of the user it stands for
    return f"{kind}:{cls.__module__}.{cls.__qualname__}:{key}"
