"""What the tests of the framework and of the template both need."""

import os

import psycopg
import pytest

POSTGRESQL = os.environ.get("TEST_POSTGRESQL_URL", "postgresql://postgres@127.0.0.1:5432/postgres")


@pytest.fixture(scope="session")
def postgresql() -> str:
    """The URL of a database that is this run's own; Django's tests create and drop it."""
    try:
        psycopg.connect(POSTGRESQL, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        pytest.skip(f"no PostgreSQL at {POSTGRESQL} (TEST_POSTGRESQL_URL names another): {error}")
    return f"{POSTGRESQL.rpartition('/')[0]}/dsg_{os.getpid()}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # They run whole suites: begun last, they would run on alone.
    items.sort(key=lambda item: "postgresql" not in item.name)
