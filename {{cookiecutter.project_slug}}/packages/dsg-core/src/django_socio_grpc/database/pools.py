"""Connections that a pool hands out, and that the server has closed meanwhile."""

from typing import Any

from django_socio_grpc.concurrency import has_news


def replace_lost(connection: Any) -> None:
    """Give ``connection``, which has just taken one from its pool, another if that one is lost.

    After a restart of the database each connection that rested in the pool is. To ask the
    database each time would be a round trip; the socket knows it already.
    """
    pool = getattr(connection, "pool", None)
    if pool is None or not has_news(connection.connection) or connection.is_usable():
        return
    pool.check()  # the others are as old, and the next one must not be of them
    connection.close()
    connection.connect()
