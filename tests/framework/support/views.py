"""Decorators of Django's views, and a service with an action that they decorate."""

import functools
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from declared import Stub
from django.utils.decorators import method_decorator
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action, http_to_grpc
from django_socio_grpc.exceptions import NotFound
from django_socio_grpc.services import Service

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]
seen: list[Any] = []


def noted(view: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator of views as anybody writes it."""

    @functools.wraps(view)
    def wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append((request.method, request.path, request.headers.get("X-Word")))
        request.tenant = "ours"
        response = view(request, *args, **kwargs)
        response["X-Noted"] = "yes"
        return response

    return wrapper


def anoted(view: Callable[..., Any]) -> Callable[..., Any]:
    """The same, of async views alone."""

    @functools.wraps(view)
    async def wrapper(request: Any) -> Any:
        seen.append((request.method, request.path, request.headers.get("X-Word")))
        request.tenant = "ours"
        response = await view(request)
        response["X-Noted"] = "yes"
        return response

    return wrapper


def noted_method(method: Callable[..., Any]) -> Callable[..., Any]:
    """The same, of methods: what it decorates takes the service first."""

    @functools.wraps(method)
    def wrapper(service: Any, request: Any) -> Any:
        assert isinstance(service, Service)
        return noted(lambda request: method(service, request))(request)

    return wrapper


def refusing(response: Any) -> Callable[..., Any]:
    """A decorator that answers by itself."""
    return lambda view: lambda request: response


FORMS = {
    "of functions": http_to_grpc(noted),
    "method_decorator": http_to_grpc(method_decorator(noted)),
    "of methods": http_to_grpc(noted_method),
}


def service_with(
    decorator: Callable[..., Any], is_async: bool, **attributes: Any
) -> type[Service]:
    """A service with an action Say that this decorates."""

    def Say(self: Any, request: Any, context: Any) -> Any:
        seen.append((context.method, getattr(context, "tenant", None)))
        if request.text == "error":
            raise NotFound("No.")
        return self.pb.DecoratedSayResponse(text=request.text)

    async def ASay(self: Any, request: Any, context: Any) -> Any:
        return Say(self, request, context)

    handler = grpc_action(request=TEXT, response=TEXT)(decorator(ASay if is_async else Say))
    return type(
        "DecoratedService", (Service,), {"service_name": "Decorated", "Say": handler, **attributes}
    )


colours = pytest.mark.parametrize("is_async", [False, True], ids=["def", "async def"])


def say(stub: Stub, text: str = "a", **metadata: str) -> tuple[str, dict[str, Any]]:
    """The text of the reply, and the trailing metadata."""
    pairs = [(name.replace("_", "-"), value) for name, value in metadata.items()]
    request = stub.pb.DecoratedSayRequest(text=text)
    reply, call = stub.method("Say").with_call(request, metadata=pairs, timeout=10)
    return reply.text, dict(call.trailing_metadata() or ())


def error_of(stub: Stub, text: str = "a") -> Any:
    with pytest.raises(grpc.RpcError) as caught:
        say(stub, text)
    return caught.value
