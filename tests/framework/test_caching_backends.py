"""Cached replies in every kind of cache that Django has."""

import importlib.util
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cached import AsyncTagService, SyncTagService
from declared import stub_of
from django.core.cache import cache, caches
from django.core.management import call_command
from django.test import override_settings
from django_socio_grpc.caching.groups import Group
from django_socio_grpc.testing import Mode
from library.models import Tag

pytestmark = pytest.mark.django_db(transaction=True)

REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
BACKENDS = "django.core.cache.backends"


@pytest.fixture(params=["locmem", "file", "database", "redis"])
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A cache of each kind as the default one."""
    own: dict[str, Any] = {
        "locmem": {"BACKEND": f"{BACKENDS}.locmem.LocMemCache", "LOCATION": "kinds"},
        "file": {"BACKEND": f"{BACKENDS}.filebased.FileBasedCache", "LOCATION": tmp_path},
        "database": {"BACKEND": f"{BACKENDS}.db.DatabaseCache", "LOCATION": "kept_replies"},
        "redis": {
            "BACKEND": f"{BACKENDS}.redis.RedisCache",
            "LOCATION": REDIS,
            "KEY_PREFIX": f"dsg-{os.getpid()}",
        },
    }
    if request.param == "redis":
        need_redis()
    with override_settings(CACHES={"default": own[request.param]}):
        if request.param == "database":
            call_command("createcachetable", verbosity=0)
        yield request.param
        caches.close_all()


def need_redis() -> None:
    if importlib.util.find_spec("redis") is None:
        pytest.skip("no package redis, which Django's RedisCache needs")
    at = urlsplit(REDIS)
    try:
        socket.create_connection((at.hostname or "", at.port or 6379), timeout=2).close()
    except OSError as error:
        pytest.skip(f"no Redis at {REDIS} (TEST_REDIS_URL names another): {error}")


@pytest.mark.parametrize("service", [SyncTagService, AsyncTagService])
def test_replies_are_kept_and_end(mode: Mode, kind: str, service: Any) -> None:
    named = type(f"{kind.title()}{mode.title()}{service.__name__}", (service,), {})
    with stub_of(mode, named) as stub:
        assert list(stub.List().results) == []
        Tag.objects.bulk_create([Tag(label="one")])
        assert list(stub.List().results) == []
        stub.Create(label="two")
        assert [tag.label for tag in stub.List().results] == ["one", "two"]
    cache.delete(Group(prefix=f"{named.__name__}-List", alias="default").version_key)
