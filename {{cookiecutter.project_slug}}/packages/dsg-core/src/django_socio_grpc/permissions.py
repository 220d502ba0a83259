"""Permissions of either colour, alone or joined by ``&``, ``|`` and ``~``."""

from collections.abc import Callable
from inspect import isasyncgen, isawaitable
from typing import Any

from rest_framework.permissions import BasePermission

from django_socio_grpc.concurrency import settled

SAFE_ACTIONS = ("List", "Retrieve", "Stream")
"""Actions that only read, as ``SAFE_METHODS`` are for HTTP."""


class GRPCActionBasePermission(BasePermission):
    """Base class of permissions that are written for services.

    Either method may be an ``async def``. Permissions of Django REST framework are as good, and
    the two kinds may be joined by ``&``, ``|`` and ``~``.
    """

    def has_permission(self, context: Any, service: Any) -> Any:
        """Whether the caller may call ``service.action``."""
        return True

    def has_object_permission(self, context: Any, service: Any, obj: Any) -> Any:
        """Whether the caller may do so with ``obj``."""
        return True


class SettledPermission:
    """A permission whose answers are True or False, also where its methods are async.

    Django REST framework's operators ask an operand for its truth, and a coroutine is true.
    """

    def __init__(self, permission: Any) -> None:
        self._permission = permission
        for name in ("op1", "op2"):
            operand = getattr(permission, name, None)
            if operand is not None and not isinstance(operand, SettledPermission):
                setattr(permission, name, SettledPermission(operand))

    def has_permission(self, context: Any, service: Any) -> bool:
        return self._settled(self._permission.has_permission, context, service)

    def has_object_permission(self, context: Any, service: Any, obj: Any) -> bool:
        return self._settled(self._permission.has_object_permission, context, service, obj)

    def _settled(self, method: Callable[..., Any], *args: Any) -> bool:
        answer = settled(method(*args))
        if callable(answer) or isawaitable(answer) or isasyncgen(answer):
            name = f"{type(self._permission).__name__}.{method.__name__}"
            raise TypeError(
                f"{name} has answered {answer!r:.100}, which is true whatever it stands for. "
                "Call it, or await it."
            )
        return bool(answer)
