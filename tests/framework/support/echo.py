"""A service that says what it is told."""

from typing import Any

from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


class EchoService(Service):
    service_name = "Echo"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def Say(self, request: Any, context: Any) -> Any:
        return self.pb.EchoSayResponse(text=request.text)
