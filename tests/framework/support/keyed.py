"""API keys in tests: clean counters and caches, keys to call with, and what they are shown as."""

from typing import Any

from declared import Stub
from django.core.cache import cache
from django.db import OperationalError
from django.test import override_settings
from django_socio_grpc.apikeys.authentication import APIKeyAuthentication
from django_socio_grpc.apikeys.failures import failures
from django_socio_grpc.apikeys.models import APIKey
from django_socio_grpc.apikeys.store import store
from django_socio_grpc.services import Service
from policies import with_policies
from rest_framework.permissions import IsAuthenticated


def forget_all() -> None:
    """As in a process that has just begun."""
    store.clear()
    failures.clear()
    cache.clear()


def issue(**fields: Any) -> str:
    """The text of a new key, for all methods unless ``scopes`` says which."""
    return APIKey.objects.issue(**{"name": "test", "scopes": ["*"], **fields})[1]


def row_of(text: str) -> APIKey:
    return APIKey.objects.get(pk=id_of(text))


def id_of(text: str) -> str:
    return text.rsplit("_", 2)[1]


def keyed(service: type[Service], **policies: Any) -> type[Service]:
    """``service`` for whoever holds a key."""
    rules = {
        "authentication_classes": [APIKeyAuthentication],
        "permission_classes": [IsAuthenticated],
    }
    return with_policies(service, **{**rules, **policies})


def showing(stub: Stub, *metadata: tuple[str, str]) -> Stub:
    """The stub for a caller who sends this metadata."""
    return stub.options(metadata=list(metadata), timeout=20)


def holding(stub: Stub, key: str) -> Stub:
    """The stub for a caller who shows ``key``."""
    return showing(stub, ("x-api-key", key))


class Unreachable:
    """A router by which no database has the keys, as if its server were down."""

    def db_for_read(self, model: type, **hints: Any) -> str | None:
        if model is APIKey:
            raise OperationalError("connection refused")
        return None

    db_for_write = db_for_read


def database_down() -> Any:
    """Within this block nobody can ask the database for keys."""
    return override_settings(DATABASE_ROUTERS=["keyed.Unreachable"])
