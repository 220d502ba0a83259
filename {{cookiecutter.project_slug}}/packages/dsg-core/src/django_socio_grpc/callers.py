"""Who calls and who serves, as text: what tells a cache the replies of one from another's."""

import json
import pickle
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from django_socio_grpc.context import Context


def caller_key(context: Context) -> str | None:
    """Return a text for the caller alone, or None for a user without a key, ``pk`` or ``id``.

    ``context.auth``, an API key for example, counts as well, for keys of one user may have
    different rights; where nobody can tell one from another, they count as one. A caller without
    a user is who holds ``auth``. One whom nobody knows is what they bring, for the handler may
    look into it: ``authorization`` and the session. A client's certificate counts for all.
    """
    known = _known(context.user, context.auth)
    if known is None:
        return None
    certificate = b"".join(context.auth_context().get("x509_pem_cert", ()))
    return json.dumps([known or _brought(context), sha256(certificate).hexdigest()])


def service_key(service: Any) -> str | None:
    """Return a text for services of this class and these ``initkwargs``, or None if one has none.

    A queryset is told by what it asks for, not by what it has found.
    """
    cls = type(service)
    name = f"{cls.__module__}.{cls.__qualname__}"
    if not service.initkwargs:
        return name
    try:
        given = {name: _given(value) for name, value in service.initkwargs.items()}
        return f"{name} {sha256(pickle.dumps(given)).hexdigest()}"
    except Exception:  # of many classes: it is something of the process alone
        return None


def _given(value: Any) -> Any:
    return (str(value.query), value.db) if isinstance(value, QuerySet) else value


def _known(user: Any, auth: Any) -> str | None:
    held = None if auth is None else _identity("auth", auth)
    if user is not None and getattr(user, "is_authenticated", True):
        known = _identity("user", user)
        return known if known is None or held is None else f"{known} {held}"
    return "" if auth is None else held


def _brought(context: Context) -> list[str]:
    session = context.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    return [context.META.get("HTTP_AUTHORIZATION", ""), session]


def _identity(kind: str, value: Any) -> str | None:
    key = value if isinstance(value, str | int | UUID) else getattr(value, "pk", None)
    key = getattr(value, "id", None) if key is None else key
    if key is None:
        return None
    cls = value.__class__  # which a lazy user has of the user it stands for
    return f"{kind}:{cls.__module__}.{cls.__qualname__}:{key}"
