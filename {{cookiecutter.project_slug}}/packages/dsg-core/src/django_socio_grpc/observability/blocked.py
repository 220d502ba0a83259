"""Says in the log which call keeps the loop from all the others."""

import logging
import traceback
from collections.abc import Iterator
from types import FrameType

from django_socio_grpc.context import Context

logger = logging.getLogger("django_socio_grpc.internal")


def log_blocked(seconds: float, frame: FrameType | None) -> None:
    """The loop's thread has been at ``frame``, or somewhere, for so long."""
    calls = ", ".join(dict.fromkeys(context.path for context in _contexts(frame)))
    logger.warning(
        "The loop has been blocked for %.1f s%s, and all calls wait. Await what takes its time, "
        "or give it to a thread.\n%s",
        seconds,
        f" by {calls}" if calls else "",
        "".join(traceback.format_stack(frame)) if frame is not None else "",
    )


def log_free(seconds: float) -> None:
    """The loop turns again."""
    logger.warning("The loop turns again. It was blocked for %.1f s.", seconds)


def _contexts(frame: FrameType | None) -> Iterator[Context]:
    """The contexts of the calls that are on the stack of ``frame``: one, as a rule."""
    while frame is not None:
        for value in tuple(frame.f_locals.values()):
            if isinstance(value, Context):
                yield value
        frame = frame.f_back
