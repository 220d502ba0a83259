"""The middlewares that the framework brings."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from django.utils import translation
from django.utils.decorators import sync_and_async_middleware

from django_socio_grpc.concurrency import blocking, is_async, settled
from django_socio_grpc.context import Context
from django_socio_grpc.request import CallRequest
from django_socio_grpc.settings import grpc_settings

logger = logging.getLogger("django_socio_grpc.request")


@contextmanager
def log_requests_middleware(context: Context) -> Iterator[None]:
    """Log that a call came in and, with ``LOG_OK_RESPONSE`` or DEBUG, that it went well.

    Errors are not logged here: the server logs each of them once, with or without middlewares.
    """
    ignored = grpc_settings.IGNORE_LOG_FOR_ACTION
    silent = not logger.isEnabledFor(logging.INFO)
    if silent or (ignored and context.path.replace("/", ".") in ignored):
        yield
        return
    extra = {"request": CallRequest(context)}
    logger.info(
        "Receive action %s on service %s", context.action, context.service_name, extra=extra
    )
    yield
    if grpc_settings.LOG_OK_RESPONSE or settings.DEBUG:
        logger.info("OK : %s", context.path, extra={**extra, "status_code": "OK"})


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


@contextmanager
def locale_middleware(context: Context) -> Iterator[None]:
    """Translate into the language that the client accepts, from the first step to the last.

    It is that of the language cookie or of ``accept-language``, if LANGUAGES has it.
    """
    # The context answers all that Django asks of a request here.
    language = translation.get_language_from_request(context)  # type: ignore[arg-type]
    with translation.override(language):
        context.LANGUAGE_CODE = translation.get_language()
        yield


@sync_and_async_middleware
def auth_without_session_middleware(
    get_response: Callable[[CallRequest], Any],
) -> Callable[[CallRequest], Any]:
    """Let the service's authenticators say who calls, before the middlewares within this one."""

    def middleware(request: CallRequest) -> Any:
        settled(request.service.perform_authentication())
        return get_response(request)

    async def amiddleware(request: CallRequest) -> Any:
        await blocking(lambda: settled(request.service.perform_authentication()))
        return await get_response(request)

    return amiddleware if is_async(get_response) else middleware
