"""The contract of a service with one action, for the tests of enums."""

from typing import TYPE_CHECKING, Any

from django_socio_grpc import generics
from django_socio_grpc.contract.introspect import app_spec
from django_socio_grpc.contract.numbers import assign
from django_socio_grpc.contract.protoc import parse
from django_socio_grpc.contract.render import render
from django_socio_grpc.decorators import grpc_action

if TYPE_CHECKING:
    pass


def service(request: Any = None, response: Any = None, **arguments: Any) -> type:
    action = grpc_action(request=request, response=response, **arguments)
    ask = action(lambda self, request, context: None)
    return type("ShopService", (generics.GenericService,), {"Ask": ask})


def contract(cls: type, old: str = "") -> str:
    text = render(assign(app_spec("library", [cls]), parse(old) if old else None))
    parse(text)
    return text


def block(text: str, head: str) -> str:
    """The lines of a block of ``text`` at its top, from its head to its end."""
    start = text.index(f"\n{head} {{\n") + 1
    return text[start : text.index("\n}\n", start) + 3]
