"""One log record for each call that is over."""

import logging
from collections.abc import Sequence

from grpc import StatusCode

from django_socio_grpc.concurrency import Batches
from django_socio_grpc.observability.methods import FAULTS
from django_socio_grpc.observability.records import CallRecord

logger = logging.getLogger("django_socio_grpc.access")


class AccessLog:
    """Logs calls through ``django_socio_grpc.access``, from a thread of its own.

    So a handler that blocks, for a pipe is full or a disk is slow, blocks no call.
    """

    def __init__(self) -> None:
        self._batches = Batches[CallRecord]("grpc-access-log", self._take)

    @property
    def dropped(self) -> int:
        """How many records were lost because too many waited."""
        return self._batches.dropped

    def keep(self, record: CallRecord) -> None:
        self._batches.put(record)

    def stop(self, timeout: float) -> None:
        """Log what waits; for ``timeout`` seconds at most."""
        self._batches.stop(timeout)

    def _take(self, batch: Sequence[CallRecord]) -> None:
        for record in batch:
            level = level_of(record.code)
            if logger.isEnabledFor(level):
                logger.handle(as_log_record(record, level))


def level_of(code: StatusCode) -> int:
    """What the server is to blame for is a warning; its traceback is logged elsewhere."""
    return logging.WARNING if code in FAULTS else logging.INFO


def as_log_record(record: CallRecord, level: int) -> logging.LogRecord:
    """Return ``record`` as logging has it, made when the call ended."""
    method = record.method
    duration = round(record.seconds * 1000, 3)
    made = logging.getLogRecordFactory()(
        logger.name,
        level,
        __file__,
        0,
        "%s %s %s ms",
        (record.code.name, method.path, duration),
        None,
    )
    made.created = record.ended
    made.msecs = int(record.ended % 1 * 1000)
    made.__dict__.update(
        grpc_service_name=method.service_name,
        grpc_action=method.name,
        grpc_user_pk="" if record.user is None else record.user,
        grpc_method=f"/{method.path}",
        grpc_type=method.kind,
        status_code=record.code.name,
        duration_ms=duration,
        peer=record.peer,
        request_id=record.request_id,
        **record.trace,
    )
    return made
