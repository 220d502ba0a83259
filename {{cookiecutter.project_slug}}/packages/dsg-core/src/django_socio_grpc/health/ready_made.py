"""Checks for ``HEALTH_CHECKS``. Each is a class, of which a server makes one of its own."""

import math
from typing import Any, ClassVar

from django.core.cache import caches
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from django_socio_grpc.settings import grpc_settings


class Database:
    """Whether the database of ``alias`` answers.

    It is asked on a connection that is kept for this: one of the pool would have to be waited
    for while calls have them all, and a busy server is a healthy one.
    """

    alias: ClassVar[str] = "default"

    def __init__(self) -> None:
        self._connection: Any = None

    def __call__(self) -> None:
        connection = self._connection = self._connection or self._new()
        connection.ensure_connection()
        if not connection.is_usable():  # it broke, and the database may be there
            connection.close()
            connection.ensure_connection()

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()

    def _new(self) -> Any:
        # Under a name of its own, so that nobody takes it for the thread's connection.
        connection = connections[self.alias].copy(f"{self.alias} (health)")
        connection.inc_thread_sharing()  # one check at a time, but each in any thread
        connection.settings_dict["CONN_MAX_AGE"] = None
        options = connection.settings_dict["OPTIONS"]
        options.pop("pool", None)
        if connection.vendor == "postgresql":
            # A peer that is gone without a word is given up, and not waited for by the hour.
            seconds = max(2, math.ceil(grpc_settings.HEALTH_TIMEOUT))
            options.setdefault("connect_timeout", seconds)
            options.setdefault("tcp_user_timeout", seconds * 1000)
        return connection


class Cache:
    """Whether the cache of ``alias`` keeps what it is given."""

    alias: ClassVar[str] = "default"
    KEY = "django_socio_grpc.health"

    def __call__(self) -> None:
        cache = caches[self.alias]
        cache.set(self.KEY, "well", 60)
        if cache.get(self.KEY) != "well":
            raise RuntimeError(f"The cache {self.alias!r} does not keep what it is given.")


class Migrations:
    """Whether the database of ``alias`` has all migrations. Once it has, nothing is asked."""

    alias: ClassVar[str] = "default"

    def __init__(self) -> None:
        self._applied = False

    def __call__(self) -> None:
        if self._applied:
            return
        executor = MigrationExecutor(connections[self.alias])
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            missing = ", ".join(str(migration) for migration, _ in plan[:3])
            raise RuntimeError(f"{len(plan)} migrations are not applied yet, such as {missing}.")
        self._applied = True
