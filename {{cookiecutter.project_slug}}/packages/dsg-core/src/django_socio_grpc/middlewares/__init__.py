"""What runs around each call, as ``GRPC_MIDDLEWARE`` lists it, the outermost first.

A middleware is a context manager that takes the context of the call. It means the same around a
sync handler, an async handler and a whole stream:

    @contextmanager
    def timing(context):
        start = monotonic()
        yield
        logger.info("%s took %.3f s", context.path, monotonic() - start)

Around an async handler it runs on the loop, so it must not block. One whose work is for the
thread of a sync handler alone says so by an attribute, ``around_async = False``.

Or it is one as Django's, sync, async or both: it takes ``get_response`` and returns a function
that takes a request, ``CallRequest``, and returns a response, ``CallResponse``. One that is only
sync runs in a thread where the handler is async, and may query there.
"""

from django_socio_grpc.middlewares.ready_made import (
    auth_without_session_middleware,
    close_old_connections_middleware,
    locale_middleware,
    log_requests_middleware,
)

__all__ = [
    "auth_without_session_middleware",
    "close_old_connections_middleware",
    "locale_middleware",
    "log_requests_middleware",
]
