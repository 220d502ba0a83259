"""An app with a service that greets, for the tests of registration."""

import textwrap
from typing import Any

import grpc
import pytest
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.services import AppHandlerRegistry
from django_socio_grpc.testing import Mode, serve
from shops import Shop

GREETINGS = """
    from django_socio_grpc.decorators import grpc_action
    from django_socio_grpc.services import Service

    class GreetingService(Service):
        service_name = "Greeting"
        @grpc_action(response=[{"name": "text", "type": "string"}])
        def Greet(self, request, context):
            from {label}.grpc.{label}_pb2 import GreetingGreetResponse
            return GreetingGreetResponse(text="hello")
"""


def write(shop: Shop, name: str, text: str) -> None:
    path = shop.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text).replace("{label}", shop.label))


def greet(target: str, shop: Shop) -> str:
    with grpc.insecure_channel(target) as channel:
        method: Any = channel.unary_unary(f"/{shop.label}.GreetingController/Greet")
        reply: bytes = method(b"", timeout=10)
    return reply.decode()[2:]  # after the tag and the length of the only field


def register(shop: Shop, service: Any, path: str | None = None, **options: Any) -> Any:
    """Make a hook that registers ``service``, generate its contract, and return the hook."""

    def hook(server: Any) -> None:
        AppHandlerRegistry(shop.label, server, **options).register(service, path)

    shop.hook = hook  # type: ignore[method-assign]
    shop.run()
    return hook


def refusal(hook: Any, mode: Mode = "sync") -> str:
    with pytest.raises(ConfigurationError) as caught, serve(mode, hook):
        raise AssertionError("it serves")
    return str(caught.value)
