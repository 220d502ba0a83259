"""The middleware of the framework's that says who calls, before those within it."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from around import middlewares
from asgiref.sync import iscoroutinefunction
from declared import stub_of
from django.utils.decorators import sync_and_async_middleware
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.middlewares import (
    auth_without_session_middleware,
)
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import PermissionDenied

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


# Who calls


class ByName(BaseAuthentication):
    asked = 0

    def authenticate(self, request: Any) -> Any:
        ByName.asked += 1
        name = request.META.get("x-name")
        return name and (SimpleNamespace(name=name, is_authenticated=True), None)


class AsyncByName(ByName):
    async def authenticate(self, request: Any) -> Any:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().authenticate(request)


@sync_and_async_middleware
def only_ada(get_response: Any) -> Any:
    """Depends on the user."""

    def check(request: Any) -> None:
        if request.user is None or request.context.user.name != "ada":
            raise PermissionDenied

    def middleware(request: Any) -> Any:
        check(request)
        return get_response(request)

    async def amiddleware(request: Any) -> Any:
        check(request)
        return await get_response(request)

    return amiddleware if iscoroutinefunction(get_response) else middleware


class Who(Service):
    service_name = "Who"
    pb: Any
    authentication_classes = [ByName]

    @grpc_action(request=TEXT, response=TEXT)
    def AmI(self, request: Any, context: Any) -> Any:
        return self.pb.WhoAmIResponse(text=context.user.name)

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Stream(self, request: Any, context: Any) -> Any:
        yield self.pb.WhoStreamResponse(text=context.user.name)


class AsyncWho(Who):
    async def AmI(self, request: Any, context: Any) -> Any:
        return self.pb.WhoAmIResponse(text=context.user.name)

    async def Stream(self, request: Any, context: Any) -> AsyncIterator[Any]:
        yield self.pb.WhoStreamResponse(text=context.user.name)


@pytest.mark.parametrize("service", [Who, AsyncWho])
@pytest.mark.parametrize("authenticator", [ByName, AsyncByName])
@middlewares(auth_without_session_middleware, only_ada)
def test_middlewares_after_auth_without_session_know_the_user(
    mode: Mode, service: type[Service], authenticator: type
) -> None:
    """And nobody is asked twice for it."""
    ByName.asked = 0
    strict = type(service.__name__, (service,), {"authentication_classes": [authenticator]})
    with stub_of(mode, strict) as stub:
        ada = stub.options(metadata=[("x-name", "ada")])
        assert ada.AmI(text="").text == "ada"
        assert [reply.text for reply in ada.Stream(text="")] == ["ada"]
        assert ByName.asked == 2
        for other in (stub, stub.options(metadata=[("x-name", "bob")])):
            with pytest.raises(grpc.RpcError) as caught:
                other.AmI(text="")
            assert caught.value.code() is StatusCode.PERMISSION_DENIED
