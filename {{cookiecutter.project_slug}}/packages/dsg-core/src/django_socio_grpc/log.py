"""What the records of a call carry beside their text, and records as JSON.

This module is safe to import in a settings file.
"""

import json
import logging
import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import SynchronousOnlyOperation

from django_socio_grpc import current

logger = logging.getLogger("django_socio_grpc.internal")

NAMES = ("grpc_service_name", "grpc_action", "grpc_user_pk")
"""What each record has, empty outside of calls, so that a formatter may count on it."""


def default_get_log_extra_context(service: Any) -> dict[str, Any]:
    """Return the attributes that each log record of a call of ``service`` gets."""
    try:
        user_pk = getattr(service.context.user, "pk", "")
    except SynchronousOnlyOperation:  # of a session: async code has not asked yet who it is
        user_pk = ""
    values = (service.get_service_name(), service.action, user_pk)
    return dict(zip(NAMES, values, strict=True))


def set_log_record_factory() -> None:
    """From here on, give each log record the attributes of the call that it was made in.

    They are ``grpc_service_name``, ``grpc_action`` and ``grpc_user_pk``, or what the setting
    LOG_EXTRA_CONTEXT_FUNCTION or the service's ``get_log_extra_context`` returns. Call it in the
    settings file, before a formatter needs them.
    """
    factory = logging.getLogRecordFactory()
    if not isinstance(factory, RecordFactory):
        logging.setLogRecordFactory(RecordFactory(factory))


class RecordFactory:
    """Makes records as ``factory`` does, and adds what the current call has to add."""

    def __init__(self, factory: Callable[..., logging.LogRecord]) -> None:
        self._factory = factory

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._factory(*args, **kwargs)
        record.__dict__.update({**dict.fromkeys(NAMES, ""), **current.trace(), **_of_call()})
        return record


_STANDARD = logging.LogRecord("", 0, "", 0, "", (), None).__dict__.keys() | {"message", "asctime"}
_AS_TEXT = (Decimal, UUID, date, time, timedelta)
"""What a record's attribute may be, beside JSON's own values: the keys and values of rows."""


class JSONFormatter(logging.Formatter):
    """Formats each record as one line of JSON, its traceback included.

        LOGGING = {
            "formatters": {"json": {"()": "django_socio_grpc.log.JSONFormatter"}},
            ...
        }

    A line has ``time`` (UTC), ``level``, ``logger``, ``process`` and ``message``; the attributes
    that a record carries beside, if they are values and not empty; of an error its class as
    ``exception``, and ``traceback``. An object, such as the call's context, is left out: what it
    would say of itself may be what a log must not have.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "message": _message(record),
        }
        for name, value in record.__dict__.items():
            if name not in _STANDARD and name not in line and (value := _plain(value)) != "":
                line[name] = value
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            # Kept as logging keeps it: other handlers format the same record.
            record.exc_text = record.exc_text or self.formatException(record.exc_info)
        if record.exc_text:
            line["traceback"] = record.exc_text
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        return json.dumps(line)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # its arguments do not fit: rather the text without them than no record
        return str(record.msg)


def _plain(value: Any) -> Any:
    """``value`` as JSON takes it, or an empty text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str | int | float):
        return value
    return str(value) if isinstance(value, _AS_TEXT) else ""


def _of_call() -> Mapping[str, Any]:
    service = current.service()
    if service is None:
        return {}
    # What is logged meanwhile, a query for the user perhaps, gets no attributes: they are not
    # known yet. And what is logged must not fail because of what it was to carry.
    current.enter(None)
    try:
        return service.get_log_extra_context()  # type: ignore[no-any-return]
    except Exception:
        logger.exception("%s.get_log_extra_context() failed.", type(service).__name__)
        return {}
    finally:
        current.enter(service)
