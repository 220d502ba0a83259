"""A service that says who calls, in either colour."""

from typing import Any

import pytest
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from policies import TEXT, with_policies
from rest_framework.permissions import IsAuthenticated

database = pytest.mark.django_db(transaction=True)


class SyncWho(Service):
    service_name = "Who"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def AmI(self, request: Any, context: Any) -> Any:
        return self.answer()

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Stream(self, request: Any, context: Any) -> Any:
        yield self.pb.WhoStreamResponse(text=str(context.user))

    def answer(self) -> Any:
        return self.pb.WhoAmIResponse(text=f"{self.context.user} by {self.context.auth}")


class AsyncWho(SyncWho):
    async def AmI(self, request: Any, context: Any) -> Any:
        return self.answer()

    async def Stream(self, request: Any, context: Any) -> Any:
        yield self.pb.WhoStreamResponse(text=str(context.user))


services = pytest.mark.parametrize("service", [SyncWho, AsyncWho])


def guarded(service: type[Service], *authenticators: type) -> type[Service]:
    return with_policies(
        service, authentication_classes=authenticators, permission_classes=[IsAuthenticated]
    )
