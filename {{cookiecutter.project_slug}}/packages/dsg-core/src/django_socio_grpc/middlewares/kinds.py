"""What a middleware is: a context manager or one as Django's, and what it must answer."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpResponseBase
from rest_framework.exceptions import APIException

from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.response import CallResponse

FORMS = (
    "A middleware is a function under @contextlib.contextmanager that takes the context of a "
    "call, or, as Django's, a function that takes get_response and returns one that takes a "
    "request and returns the response."
)


def is_manager(middleware: Any) -> bool:
    """Whether ``middleware`` takes a context and returns a context manager.

    Raises:
        ConfigurationError: it is an async one, or a generator that is none yet.
    """
    if isinstance(middleware, partial):
        return is_manager(middleware.func)
    if inspect.isclass(middleware):
        return hasattr(middleware, "__enter__")
    function = middleware if inspect.isroutine(middleware) else type(middleware).__call__
    inner = inspect.unwrap(function)
    if inspect.isasyncgenfunction(inner):
        raise _refusal(
            middleware,
            "is an async context manager, and it is to run around sync handlers as well. Make it "
            "a sync one, or, as Django's, an async function.",
        )
    if inspect.isgeneratorfunction(inner) and inner is function:
        raise _refusal(middleware, "is a generator. Decorate it with @contextlib.contextmanager.")
    return inspect.isgeneratorfunction(inner)


def name_of(middleware: Any) -> str:
    """The name for errors: ``project.middlewares.timing``."""
    named = middleware if hasattr(middleware, "__qualname__") else type(middleware)
    return f"{named.__module__}.{named.__qualname__}"


def can_be_sync(middleware: Any) -> bool:
    return getattr(middleware, "sync_capable", True)


def can_be_async(middleware: Any) -> bool:
    return getattr(middleware, "async_capable", False)


def make(middleware: Any, get_response: Callable[..., Any]) -> Any:
    """Return what the factory ``middleware`` makes, or None if it is not to be used.

    Raises:
        ConfigurationError: it is no such factory, or makes what cannot be called.
    """
    if not (can_be_sync(middleware) or can_be_async(middleware)):
        raise _refusal(middleware, "is neither sync_capable nor async_capable.")
    if iscoroutinefunction(middleware):
        raise _refusal(middleware, f"is itself async. {FORMS}")
    try:
        inspect.signature(middleware).bind(get_response)
    except TypeError as exc:
        raise _refusal(middleware, f"takes no get_response: {exc}. {FORMS}") from None
    try:
        made = middleware(get_response)
    except MiddlewareNotUsed:
        return None
    if not callable(made) or hasattr(made, "__enter__"):
        raise _refusal(middleware, f"has made {made!r} of get_response. {FORMS}")
    if iscoroutinefunction(made) and not iscoroutinefunction(get_response):
        raise _refusal(
            middleware,
            "has made an async function, which only an async get_response fits. Decorate it with "
            "async_only_middleware or sync_and_async_middleware of django.utils.decorators.",
        )
    return made


def _refusal(middleware: Any, reason: str) -> ConfigurationError:
    return ConfigurationError(f"The middleware {name_of(middleware)} {reason}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewHooks:
    """What middlewares do next to the handler, each with its name, in the order of the calls."""

    views: list[tuple[str, Callable[..., Any]]] = field(default_factory=list)
    exceptions: list[tuple[str, Callable[..., Any]]] = field(default_factory=list)

    def add(self, name: str, made: Any) -> None:
        """Note the hooks of a middleware that is around those that are noted already."""
        if hasattr(made, "process_view"):
            self.views.insert(0, (name, made.process_view))
        if hasattr(made, "process_exception"):
            self.exceptions.append((name, made.process_exception))


def answered(response: Any, name: str) -> CallResponse:
    """Return ``response``, which is what the middleware ``name`` has answered.

    Raises:
        APIException: it is a refusal in HTTP's terms, as Django's middlewares have them.
        TypeError: it is no answer.
    """
    if isinstance(response, CallResponse):
        return response
    if isinstance(response, HttpResponseBase) and response.status_code >= 300:
        refusal = APIException(" ".join([response.reason_phrase, response.get("Location", "")]))
        refusal.status_code = response.status_code
        raise refusal
    raise TypeError(
        f"The middleware {name} has answered {response!r:.100}. Return what get_response(request) "
        "returns, or a GRPCResponseContainer with a message."
    )


def swallowed(context: Any) -> RuntimeError:
    """The error of a context manager that has taken an error for its own."""
    return RuntimeError(
        f"A middleware around {context.path} has swallowed the error, and there is no answer in "
        "its place. Raise the error, or another."
    )
