"""Context managers around a call, as ``GRPC_MIDDLEWARE`` lists them.

A middleware takes the call's context and yields once. It means the same around a sync handler, an
async handler and a whole stream:

    @contextmanager
    def timing(context):
        start = monotonic()
        yield
        logger.info("%s took %.3f s", context.path, monotonic() - start)

Around an async handler it runs on the loop, so it must not block: a query belongs into a
permission or into ``before_action``, which run in a thread.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import close_old_connections

from django_socio_grpc.context import Context
from django_socio_grpc.settings import grpc_settings

logger = logging.getLogger("django_socio_grpc.request")


@contextmanager
def log_requests_middleware(context: Context) -> Iterator[None]:
    """Log that a call came in and, with ``LOG_OK_RESPONSE`` or DEBUG, that it went well.

    Errors are not logged here: the server logs each of them once, with or without middlewares.
    """
    if context.path.replace("/", ".") in grpc_settings.IGNORE_LOG_FOR_ACTION:
        yield
        return
    logger.info("Receive action %s on service %s", context.action, context.service_name)
    yield
    if grpc_settings.LOG_OK_RESPONSE or settings.DEBUG:
        logger.info("OK : %s", context.path)


@contextmanager
def close_old_connections_middleware(context: Context) -> Iterator[None]:
    """Drop database connections that are broken or too old, as Django does around a request.

    It tends the connections of the thread that runs a sync handler. Those of async handlers are
    tended by the slot that holds them.
    """
    close_old_connections()
    try:
        yield
    finally:
        close_old_connections()
