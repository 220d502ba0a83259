"""What decorators of actions with one request and one reply have in common."""

from collections.abc import Callable
from inspect import getattr_static, isasyncgenfunction, isgeneratorfunction
from typing import Any, TypeVar

from django_socio_grpc.actions import Action
from django_socio_grpc.concurrency import offload, sync_twin
from django_socio_grpc.exceptions import ConfigurationError

F = TypeVar("F", bound=Callable[..., Any])
Handler = Callable[[Any, Any, Any], Any]
Hook = Callable[[type, Action], None]

UNARY = "unary_decorator"
HOOKS = "registration_hooks"


class NotUnaryError(ConfigurationError, ValueError):
    """A decorator for one request and one reply is on an action with a stream."""


def wrap(function: F, decorator: str, make: Callable[[Handler], Handler]) -> F:
    """Return what ``make`` makes of the handler ``function``, for the decorator of this name.

    The async twin of a sync handler is wrapped as the sync one, so it stays one hop to a worker.

    Raises:
        ValueError: the handler has a stream.
    """
    action = getattr(function, "grpc_action", None)
    yields = isgeneratorfunction(function) or isasyncgenfunction(function)
    if yields or (isinstance(action, Action) and _streams(action)):
        raise _not_unary(decorator, function.__qualname__)
    original = sync_twin(function)
    made: Any = make(function) if original is None else offload(make(original))
    vars(made).update({**vars(function), **vars(made), UNARY: decorator})
    return made  # type: ignore[no-any-return]


def add_hook(function: Callable[..., Any], hook: Hook) -> None:
    """Have ``hook(service class, action)`` called when an action of ``function`` is registered."""
    setattr(function, HOOKS, (*getattr(function, HOOKS, ()), hook))


def prepare(service_class: type, action: Action) -> None:
    """Tell the decorators of ``action`` that it is registered, those of its bases included.

    Raises:
        NotUnaryError: one is for actions without streams, and the action has one.
    """
    decorator = getattr(getattr_static(service_class, action.name), UNARY, "")
    if decorator and _streams(action):
        raise _not_unary(decorator, f"{service_class.__name__}.{action.name}")
    # A method that overrides another may call it.
    functions = [vars(base).get(action.name) for base in service_class.__mro__]
    for hook in {hook: None for function in functions for hook in getattr(function, HOOKS, ())}:
        hook(service_class, action)


def _streams(action: Action) -> bool:
    # What a placeholder stands for is known when the action is registered.
    return action.request_stream is True or action.response_stream is True


def _not_unary(decorator: str, name: str) -> NotUnaryError:
    return NotUnaryError(
        f"@{decorator} is for actions with one request and one reply, and {name} has a stream. "
        "Remove the decorator."
    )
