"""Who is told when each call begins and how it ends: what logs, counts or traces."""

import logging
from collections.abc import Callable, Sequence
from typing import TypeAlias

from grpc import StatusCode

from django_socio_grpc.calls.plan import CallPlan
from django_socio_grpc.context import Context

logger = logging.getLogger("django_socio_grpc.internal")

Ended: TypeAlias = Callable[[StatusCode], None]
"""Told once how the call has ended, on the loop or in the thread where that happens."""

Begun: TypeAlias = Callable[[Context], Ended | None]
"""Told that a call begins, before anything else is done for it; nothing is authenticated yet."""

Observer: TypeAlias = Callable[[CallPlan], Begun | None]
"""Asked once for each RPC, when it is registered, so that calls find all prepared."""


def observing(plan: CallPlan, observers: Sequence[Observer]) -> Begun | None:
    """Return what is to be told of each call of ``plan``, or None if nobody wants to know.

    An observer that fails is for the log: the call goes on without it.
    """
    told = [begun for observer in observers if (begun := observer(plan)) is not None]
    if not told:
        return None

    def begin(context: Context) -> Ended:
        ends = []
        for begun in told:
            try:
                end = begun(context)
            except Exception:
                logger.exception("%s: %r failed at its beginning.", context.path, begun)
            else:
                if end is not None:
                    ends.append(end)

        def finish(code: StatusCode) -> None:
            for end in reversed(ends):
                try:
                    end(code)
                except Exception:
                    logger.exception("%s: %r failed at its end.", context.path, end)

        return finish

    return begin
