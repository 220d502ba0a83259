"""Who calls: authenticators of either colour, a service to ask, and what they note."""

from types import SimpleNamespace
from typing import Any

import pytest
from declared import Stub
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import Unauthenticated
from django_socio_grpc.services import Service
from library.models import Tag
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


asked: list[str] = []


class ByToken(BaseAuthentication):
    """Knows who sends ``x-token: <name>``; ``bad`` is refused, ``bug`` is a bug."""

    def authenticate(self, request: Any) -> Any:
        asked.append(type(self).__name__)
        token = request.META.get("HTTP_X_TOKEN")
        if token == "bad":
            raise AuthenticationFailed("The token is not good.")
        if token == "bug":
            raise ValueError("password=hunter2")
        if token is None:
            return None
        return SimpleNamespace(name=token, is_authenticated=True, is_staff=token == "root"), token


class ByDatabase:
    """The same, for who is in the database, by async code."""

    async def authenticate(self, context: Any) -> Any:
        asked.append(type(self).__name__)
        label = context.META.get("HTTP_X_LABEL", "")
        if label == "bad":
            raise Unauthenticated("The label is not good.")
        tag = await Tag.objects.filter(label=label).afirst()
        return tag and (
            SimpleNamespace(name=tag.label, is_authenticated=True, is_staff=False),
            tag,
        )


class Who(Service):
    service_name = "Who"
    pb: Any


class SyncWho(Who):
    @grpc_action(request=TEXT, response=TEXT)
    def AmI(self, request: Any, context: Any) -> Any:
        asked.append("handler")
        name = context.user.name if context.user else f"{context.user} {context.auth}"
        return self.pb.WhoAmIResponse(text=name)

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Chat(self, request: Any, context: Any) -> Any:
        for message in request:
            yield self.pb.WhoChatResponse(text=f"{context.user.name}: {message.text}")


class AsyncWho(Who):
    @grpc_action(request=TEXT, response=TEXT)
    async def AmI(self, request: Any, context: Any) -> Any:
        asked.append("handler")
        name = context.user.name if context.user else f"{context.user} {context.auth}"
        return self.pb.WhoAmIResponse(text=name)

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    async def Chat(self, request: Any, context: Any) -> Any:
        async for message in request:
            yield self.pb.WhoChatResponse(text=f"{context.user.name}: {message.text}")


services = pytest.mark.parametrize("service", [SyncWho, AsyncWho])


def with_policies(service: type[Service], **attributes: Any) -> type[Service]:
    return type(service.__name__, (service,), attributes)


def as_(stub: Stub, **metadata: str) -> Stub:
    """The stub for a caller with this metadata."""
    pairs = [(f"x-{name}", value) for name, value in metadata.items()]
    return stub.options(metadata=pairs, timeout=10)
