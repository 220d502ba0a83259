"""What the records of a call carry beside their text.

This module is safe to import in a settings file.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

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
        record.__dict__.update(dict.fromkeys(NAMES, ""), **_of_call())
        return record


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
