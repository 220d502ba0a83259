"""What the framework announces. ``connect`` a receiver of either colour, as to Django's signals.

The sender of the signals of a call is the class of its service, and ``context`` is the call's
context. A receiver that raises is logged by Django, and the call goes on.
"""

from contextlib import nullcontext
from typing import Any

from django.dispatch import Signal

grpc_request_started = Signal()
"""A call begins: ``context``. Nobody has been authenticated yet."""

grpc_got_request_exception = Signal()
"""A call fails: ``context`` and ``exception``, whatever it is. ``to_status`` tells its code."""

grpc_request_finished = Signal()
"""A call is over, for better or worse: ``context``."""

grpc_action_register = Signal()
"""An action is registered: ``sender`` is the ``Action``, ``owner`` the class, ``name`` the rpc."""


class _Announced:
    def __init__(self, sender: type, context: Any) -> None:
        self._call = {"sender": sender, "context": context}

    def __enter__(self) -> None:
        grpc_request_started.send_robust(**self._call)

    def __exit__(self, kind: object, exc: BaseException | None, traceback: object) -> None:
        if isinstance(exc, Exception):
            grpc_got_request_exception.send_robust(**self._call, exception=exc)
        grpc_request_finished.send_robust(**self._call)

    async def __aenter__(self) -> None:
        await grpc_request_started.asend_robust(**self._call)

    async def __aexit__(self, kind: object, exc: BaseException | None, traceback: object) -> None:
        if isinstance(exc, Exception):
            await grpc_got_request_exception.asend_robust(**self._call, exception=exc)
        await grpc_request_finished.asend_robust(**self._call)


_SILENCE = nullcontext()


def announced(sender: type, context: Any) -> Any:
    """Return the block, in either colour, that announces a call, if anybody listens."""
    return _Announced(sender, context) if is_announced() else _SILENCE


def is_announced() -> bool:
    """Whether anybody listens to what calls do."""
    return bool(
        grpc_request_started.receivers
        or grpc_got_request_exception.receivers
        or grpc_request_finished.receivers
    )
