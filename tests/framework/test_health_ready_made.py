"""The checks that come with the framework, against what they check."""

from collections.abc import Iterator

import pytest
import pytest_django
from clusters import ALIAS, Cluster, cluster, database
from django.core.cache import caches
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings
from django_socio_grpc.health import Cache, Database, Migrations
from django_socio_grpc.testing import Mode
from healths import ECHO, NOT_SERVING, SERVING, health_of
from waiting import until

LOCAL = "django.core.cache.backends.locmem.LocMemCache"
DUMMY = "django.core.cache.backends.dummy.DummyCache"
REDIS = "django.core.cache.backends.redis.RedisCache"
CHECKS = "django_socio_grpc.health"

default_database = pytest.mark.django_db(transaction=True)


class OfTheCluster(Database):
    alias = ALIAS


@pytest.fixture(scope="module")
def running_postgresql() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@pytest.fixture
def postgresql_of_its_own(
    running_postgresql: Cluster, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[Cluster]:
    with django_db_blocker.unblock(), database(running_postgresql):
        yield running_postgresql


@default_database
def test_a_database_that_is_there(mode: Mode) -> None:
    with health_of(mode, HEALTH_CHECKS=[f"{CHECKS}.Database"]) as (_, health):
        assert health.check() == SERVING


def test_a_database_that_goes_and_comes_back(mode: Mode, postgresql_of_its_own: Cluster) -> None:
    settings = {"HEALTH_CHECKS": [OfTheCluster], "HEALTH_INTERVAL": 0.2}
    with health_of(mode, **settings) as (_, health):
        assert health.check() == health.check(ECHO) == SERVING
        watch = health.watch()
        assert next(watch).status == SERVING
        postgresql_of_its_own.stop()
        try:
            health.wait_for(NOT_SERVING)
            assert health.check(ECHO) == NOT_SERVING
            assert health.check("liveness") == SERVING, "a restart would bring nothing back"
        finally:
            postgresql_of_its_own.start()
        health.wait_for(SERVING)
        assert [next(watch).status for _ in range(2)] == [NOT_SERVING, SERVING]
        watch.cancel()


def test_a_database_that_was_restarted_between_two_checks(postgresql_of_its_own: Cluster) -> None:
    check = OfTheCluster()
    check()
    postgresql_of_its_own.restart()
    check()
    check.close()


def test_a_busy_pool_is_no_illness(
    running_postgresql: Cluster, django_db_blocker: pytest_django.DjangoDbBlocker
) -> None:
    pool = {"pool": {"min_size": 1, "max_size": 1, "timeout": 1}}
    with (
        django_db_blocker.unblock(),
        database(running_postgresql, CONN_MAX_AGE=0, OPTIONS=pool),
    ):
        connections[ALIAS].ensure_connection()  # the only one there is
        check = OfTheCluster()
        check()
        check.close()


def test_the_connection_is_given_back_when_the_server_stops(
    mode: Mode, postgresql_of_its_own: Cluster
) -> None:
    def others() -> int:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' "
                "AND pid <> pg_backend_pid()"
            )
            count: int = cursor.fetchone()[0]
            return count

    with health_of(mode, HEALTH_CHECKS=[OfTheCluster]) as (_, health):
        assert health.check() == SERVING
        until(lambda: others() == 1)
    until(lambda: others() == 0)


@pytest.mark.parametrize(
    ("backend", "location", "expected"),
    [
        (LOCAL, "", SERVING),
        (DUMMY, "", NOT_SERVING),
        (REDIS, "redis://127.0.0.1:1", NOT_SERVING),
    ],
)
def test_a_cache(mode: Mode, backend: str, location: str, expected: int) -> None:
    entry = {"BACKEND": backend, "LOCATION": location}
    with (
        override_settings(CACHES={"default": entry}),
        health_of(mode, HEALTH_CHECKS=[Cache]) as (_, health),
    ):
        assert health.check() == expected
    caches.close_all()


@default_database
def test_migrations_that_are_missing(mode: Mode) -> None:
    with health_of(mode, HEALTH_CHECKS=[f"{CHECKS}.Migrations"]) as (_, health):
        assert health.check() == SERVING
    recorder = MigrationRecorder(connections["default"])
    recorder.record_unapplied("auth", "0012_alter_user_first_name_max_length")
    try:
        with health_of(mode, HEALTH_CHECKS=[Migrations]) as (_, health):
            assert health.check() == NOT_SERVING
            recorder.record_applied("auth", "0012_alter_user_first_name_max_length")
            health.wait_for(SERVING)
    finally:
        recorder.record_unapplied("auth", "0012_alter_user_first_name_max_length")
        recorder.record_applied("auth", "0012_alter_user_first_name_max_length")
