"""The database's pools as Prometheus sees them, where a PostgreSQL is found running."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db.utils import ConnectionHandler
from django_socio_grpc.observability import server_metrics
from django_socio_grpc.testing import Mode
from observed import AsyncObserved, Samples, observed
from waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pooled(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A database with a pool of three connections, and one without, as the settings' own."""
    url = urlsplit(postgresql)
    entry = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "postgres",
        "USER": url.username or "",
        "PASSWORD": url.password or "",
        "HOST": url.hostname or "",
        "PORT": str(url.port or ""),
    }
    pool = {**entry, "OPTIONS": {"pool": {"min_size": 1, "max_size": 3}}}
    handler = ConnectionHandler({"default": pool, "other": entry})
    monkeypatch.setattr(server_metrics, "connections", handler)
    wrapper: Any = handler["default"]
    yield wrapper
    wrapper.close()
    wrapper.close_pool()


def test_its_connections_are_counted(mode: Mode, pooled: Any) -> None:
    with observed(mode, AsyncObserved, metrics_port=0) as (server, _):

        def value(name: str) -> float:
            found = Samples(server).value(f"django_db_pool_{name}", database="default")
            assert found is not None
            return found

        assert value("max") == 3
        assert value("requests_total") == 0
        with pooled.cursor() as cursor:
            cursor.execute("SELECT 1")
            assert value("requests_total") == 1
            assert value("connections_total") >= value("size") >= 1
            until(lambda: value("available") == value("size") - 1)
            assert value("requests_waiting") == 0
        pooled.close()
        until(lambda: value("available") == value("size"))
        samples = Samples(server)
    assert {each["database"] for each in samples.labels("django_db_pool_size")} == {"default"}
