"""An import path that the documentation uses."""

from django_socio_grpc.request import CallRequest as GRPCRequestContainer
from django_socio_grpc.response import CallResponse as GRPCResponseContainer
from django_socio_grpc.servicer import ServicerProxy, get_servicer_context

__all__ = [
    "GRPCRequestContainer",
    "GRPCResponseContainer",
    "ServicerProxy",
    "get_servicer_context",
]
