"""Policies that are settled at once, because all that they ask for is in memory."""

from collections.abc import Callable
from typing import Any

from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated

from django_socio_grpc.service import Service

AT_ONCE = (AllowAny, IsAdminUser, IsAuthenticated)
"""Permissions of REST framework that ask nobody; a class of ours has ``at_once``."""

Recall = Callable[[Service], bool]


def recall(service: Service) -> Recall | None:
    """Return a function that tells whether the caller is known and may call, or None.

    It neither blocks nor refuses: False is to ask the steps. It is for services whose first
    authenticator has ``recall``, which takes a context and returns what ``authenticate`` would
    or None, and whose permissions are all ``AT_ONCE``. That nothing of the steps is overridden,
    and that there is no throttle, is for the caller to know.
    """
    authenticators, permissions = service.authentication_classes, service.permission_classes
    if not authenticators or not hasattr(authenticators[0], "recall"):
        return None
    if not all(each in AT_ONCE or getattr(each, "at_once", False) for each in permissions):
        return None
    authenticator: Any = authenticators[0]

    def recalled(service: Service) -> bool:
        context = service.context
        if not service.authenticated:
            found = authenticator().recall(context)
            if found is None:
                return False
            context.user, context.auth = found
            service.authenticated = True
        for permission in permissions:
            if permission().has_permission(context, service) is not True:
                return False
        return True

    return recalled
