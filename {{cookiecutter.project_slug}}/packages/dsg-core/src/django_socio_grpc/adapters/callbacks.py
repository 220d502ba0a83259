"""What handlers want to be called at an end."""

import logging
from collections.abc import Callable

logger = logging.getLogger("django_socio_grpc.request")


def run_callback(callback: Callable[[], None]) -> None:
    """Run what a handler wants to be called at the end; its errors are for the log alone."""
    try:
        callback()
    except Exception:
        logger.exception("A callback for the end of a call failed.")
