"""The middlewares that the framework brings."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.decorators import sync_and_async_middleware

from django_socio_grpc.concurrency import blocking, is_async, settled, tend_connections
from django_socio_grpc.context import Context
from django_socio_grpc.middlewares.records import Records
from django_socio_grpc.request import CallRequest
from django_socio_grpc.settings import grpc_settings

logger = logging.getLogger("django_socio_grpc.request")


class LogRequests:
    """Log that a call came in and, with ``LOG_OK_RESPONSE`` or DEBUG, that it went well.

    Errors are not logged here: the server logs each of them once, with or without middlewares.
    """

    # A class, for it runs around every call: half the price of a generator.
    __slots__ = ("_context", "_logged")
    swallows = False

    def __init__(self, context: Context) -> None:
        self._context = context
        self._logged = False

    def __enter__(self) -> None:
        context, ignored = self._context, grpc_settings.IGNORE_LOG_FOR_ACTION
        if not logger.isEnabledFor(logging.INFO):
            return
        if ignored and context.path.replace("/", ".") in ignored:
            return
        self._logged = True
        extra = {"request": CallRequest(context)}
        logger.handle(_received.make((context.action, context.service_name), extra))

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if error is None and self._logged and (grpc_settings.LOG_OK_RESPONSE or settings.DEBUG):
            extra = {"request": CallRequest(self._context), "status_code": "OK"}
            logger.info("OK : %s", self._context.path, extra=extra)


log_requests_middleware = LogRequests
_received = Records(
    logger,
    logging.INFO,
    "Receive action %s on service %s",
    __file__,
    LogRequests.__enter__.__code__.co_firstlineno,
)


class CloseOldConnections:
    """Drop database connections that are broken or too old, as Django does around a request.

    It tends the connections of the thread that runs a sync handler. Those of async handlers are
    tended by the slot that holds them.
    """

    __slots__ = ()
    around_async = False
    swallows = False

    def __init__(self, context: Context) -> None: ...

    def __enter__(self) -> None:
        tend_connections()

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        tend_connections()


close_old_connections_middleware = CloseOldConnections


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
