"""Whether a method can serve the calls of an action."""

import inspect
from collections.abc import Callable
from typing import Any

from django_socio_grpc.exceptions import ProtoRegistrationError


def check_method(cls: type, name: str, function: Callable[..., Any], *, streams: bool) -> None:
    """Raise ProtoRegistrationError if ``function`` cannot be a handler.

    ``streams`` says whether its action has many replies.
    """
    owner = f"{cls.__name__}.{name}"
    yields = inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)
    if yields and not streams:
        raise ProtoRegistrationError(
            f"{owner} yields, but its action has one reply. Return the reply, or declare "
            "@grpc_action(response_stream=True)."
        )
    try:
        # What a decorator wraps may take more than what is called.
        inspect.signature(function, follow_wrapped=False).bind(None, None, None)
    except ValueError:  # a callable that is not written in Python
        return
    except TypeError as exc:
        raise ProtoRegistrationError(
            f"{owner} cannot serve a call ({exc}). A handler takes self, request and context."
        ) from exc


def check_bound(cls: type, name: str, value: Any, mark: str) -> None:
    """Raise ProtoRegistrationError for an action, which ``mark`` tells, without an instance."""
    if not isinstance(value, staticmethod | classmethod):
        return
    if hasattr(value, mark) or hasattr(value.__func__, mark):
        kind = type(value).__name__
        raise ProtoRegistrationError(
            f"{cls.__name__}.{name} is an action and a {kind}. Remove the decorator @{kind}: a "
            "handler is a method of the instance that serves the call."
        )
