"""Decorators of Django's views, around actions."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from hashlib import sha256
from typing import Any, TypeVar
from uuid import uuid4

from django_socio_grpc.callers import caller_key, service_key
from django_socio_grpc.concurrency import blocking, is_async, settled
from django_socio_grpc.context import Context
from django_socio_grpc.middlewares.kinds import answered
from django_socio_grpc.request import CallRequest
from django_socio_grpc.response import CallResponse
from django_socio_grpc.unary_decorators import Handler, wrap

F = TypeVar("F", bound=Callable[..., Any])
Attributes = Mapping[str, Any] | None
_MISSING: Any = object()


def http_to_grpc(
    decorator: Callable[..., Any],
    request_setter: Attributes = None,
    response_setter: Attributes = None,
    support_async: bool = False,
) -> Callable[[F], F]:
    """Make a decorator of Django's views one of actions with one request and one reply.

    The view that it decorates takes the call as an ``HttpRequest`` and returns the reply as an
    ``HttpResponse``, whose headers are sent as trailing metadata. ``decorator`` may be one of
    functions or, by ``method_decorator``, of methods. What it sets on the request, the handler
    finds on its context. A response of its own that is a refusal ends the call with the status
    that stands for the HTTP code.

    ``request_setter`` are attributes of the request, for the decorator alone; ``response_setter``
    of the response. Around an async handler the decorator runs in a thread, unless
    ``support_async`` says that it takes an async view.

        never_cached = http_to_grpc(never_cache)

    Raises:
        ValueError: when the action has a stream, as it is decorated or as it is registered.
    """
    name = f"http_to_grpc({getattr(decorator, '__name__', type(decorator).__name__)})"

    def decorate(function: F) -> F:
        def make(handler: Handler) -> Handler:
            if is_async(handler) and support_async:
                return _on_loop(handler, decorator, setters)
            return _in_thread(handler, decorator, setters)

        setters = _Setters(name, request_setter or {}, response_setter or {})
        return wrap(function, name, make)

    return decorate


class ViewRequest(CallRequest):
    """The request of a decorated view.

    ``grpc_request`` is the message that this handler gets, which another may have made for it;
    ``given`` is what the setter's attributes are without it.
    """

    __slots__ = ("given", "grpc_request")

    given: Mapping[str, Any]
    grpc_request: Any

    def build_absolute_uri(self, location: str | None = None) -> str:
        """Return ``location``, or what is the same for equal requests of one caller alone.

        They are to the same action: services of two apps may have one name.
        """
        if location is not None:
            return location
        keys = (caller_key(self.context), service_key(self.service))
        texts = (uuid4().hex if key is None else key for key in keys)
        parts = (self.body, *(text.encode() for text in texts))
        digest = sha256(b"".join(sha256(part).digest() for part in parts)).hexdigest()
        return f"{self.get_full_path()}#{digest}"


class _Setters:
    """The attributes that a decorator's request and response get beside their own."""

    def __init__(
        self, name: str, on_request: Mapping[str, Any], on_response: Mapping[str, Any]
    ) -> None:
        self._name = name
        self._on_request = on_request
        self._on_response = on_response

    def request(self, service: Any, message: Any, context: Context) -> ViewRequest:
        request = ViewRequest(context, service)
        request.grpc_request = message
        request.given = {name: getattr(request, name, _MISSING) for name in self._on_request}
        _set(request, self._on_request)
        return request

    @contextmanager
    def undone(self, request: ViewRequest) -> Iterator[None]:
        """Within this block the handler runs, whose context is the call's own.

        A method that the decorator takes for a safe one must not be one for its permissions.
        """
        _set(request, request.given)
        try:
            yield
        finally:
            _set(request, self._on_request)

    def response(self, reply: Any, request: ViewRequest) -> CallResponse:
        response = CallResponse(reply, request.context)
        _set(response, self._on_response)
        return response

    def reply(self, response: Any, request: ViewRequest) -> Any:
        """What the client gets of ``response``, whose headers are sent."""
        _set(request, request.given)
        response = answered(response, self._name)
        response.send(request.context)
        return response.grpc_response


def _in_thread(handler: Handler, decorator: Callable[..., Any], setters: _Setters) -> Handler:
    """A sync view: of a sync handler where that runs, of an async one in a thread."""

    @wraps(handler)
    def view(*args: Any) -> CallResponse:
        request = args[-1]  # after the service, if the view is a method
        with setters.undone(request):
            reply = settled(handler(request.service, request.grpc_request, request.context))
        request.context.check_ended_well()
        return setters.response(reply, request)

    decorated = _of_service(decorator(view))

    @wraps(handler)
    def call(self: Any, request: Any, context: Context) -> Any:
        http = setters.request(self, request, context)
        return setters.reply(decorated(self, http), http)

    @wraps(handler)
    async def acall(self: Any, request: Any, context: Context) -> Any:
        return await blocking(call, self, request, context)

    return acall if is_async(handler) else call


def _on_loop(handler: Handler, decorator: Callable[..., Any], setters: _Setters) -> Handler:
    """An async view of an async handler."""

    @wraps(handler)
    async def view(*args: Any) -> CallResponse:
        request = args[-1]
        with setters.undone(request):
            reply = await handler(request.service, request.grpc_request, request.context)
        request.context.check_ended_well()
        return setters.response(reply, request)

    decorated = _of_service(decorator(view))

    @wraps(handler)
    async def call(self: Any, request: Any, context: Context) -> Any:
        http = setters.request(self, request, context)
        return setters.reply(await decorated(self, http), http)

    return call


def _of_service(decorated: Callable[..., Any]) -> Callable[[Any, ViewRequest], Any]:
    """``decorated`` as a function of the service and the request, whichever of them it takes."""
    parameters = [
        parameter
        for parameter in inspect.signature(decorated, follow_wrapped=False).parameters.values()
        if parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD}
    ]
    needed = [parameter for parameter in parameters if parameter.default is parameter.empty]
    if len(needed) > 1 or (parameters and parameters[0].name == "self"):
        return decorated
    return lambda service, request: decorated(request)


def _set(target: Any, attributes: Mapping[str, Any]) -> None:
    for name, value in attributes.items():
        if value is _MISSING:
            delattr(target, name)
        else:
            setattr(target, name, value)
