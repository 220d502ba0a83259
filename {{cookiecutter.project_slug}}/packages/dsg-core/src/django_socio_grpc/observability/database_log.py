"""One row in the database for each call that is over."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.db import InterfaceError, OperationalError

from django_socio_grpc.concurrency import Batches, tend_connections
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.observability.records import CallRecord

APP = "grpc_request_log"

RETRY = 1.0
"""Seconds between two attempts to write, while the database does not answer."""

logger = logging.getLogger("django_socio_grpc.internal")


class DatabaseLog:
    """Writes calls to the table of ``django_socio_grpc.request_log``, in batches, from one thread.

    Calls do not wait for it. While the database does not answer, records wait in memory; what
    there is no room for is counted, and lost.

    Raises:
        ConfigurationError: the app is not installed.
    """

    def __init__(self) -> None:
        if not apps.is_installed("django_socio_grpc.request_log"):
            raise ConfigurationError(
                "GRPC_FRAMEWORK['DATABASE_LOG'] is on, but the app that has the table is not "
                "installed. Add 'django_socio_grpc.request_log' to INSTALLED_APPS, and run: "
                "python manage.py migrate"
            )
        self._model: Any = apps.get_model(APP, "RequestLog")
        self._limits = {
            field.name: field.max_length
            for field in self._model._meta.fields
            if field.max_length is not None
        }
        self._lost = 0
        self._batches = Batches[CallRecord]("grpc-database-log", self._take)

    @property
    def dropped(self) -> int:
        """How many records were lost."""
        return self._lost + self._batches.dropped

    def keep(self, record: CallRecord) -> None:
        self._batches.put(record)

    def stop(self, timeout: float) -> None:
        """Write what waits; for ``timeout`` seconds at most."""
        self._batches.stop(timeout)

    def _take(self, batch: Sequence[CallRecord]) -> None:
        rows = [self._row(record) for record in batch]
        failed = False
        while True:
            tend_connections()
            try:
                self._model.objects.bulk_create(rows)
            except (OperationalError, InterfaceError) as exc:
                if not failed:
                    logger.warning("The log of calls cannot be written, and waits: %s", exc)
                failed = True
                if self._batches.ends_within(RETRY):
                    self._lost += len(rows)
                    return
            except Exception:
                self._lost += len(rows)
                raise
            else:
                if failed:
                    logger.info("The log of calls is written again.")
                return
            finally:
                tend_connections()

    def _row(self, record: CallRecord) -> Any:
        values = {
            "service": record.method.service,
            "method": record.method.name,
            "kind": record.method.kind,
            "code": record.code.name,
            "user": "" if record.user is None else str(record.user),
            "peer": record.peer,
            "request_id": record.request_id,
            "trace_id": record.trace.get("trace_id", ""),
        }
        return self._model(
            ended=datetime.fromtimestamp(record.ended, UTC),
            duration_ms=round(record.seconds * 1000, 3),
            **{name: value[: self._limits[name]] for name, value in values.items()},
        )
