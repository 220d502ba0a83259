"""An import path of the documentation."""

from django_socio_grpc.request import CallRequest as GRPCRequestContainer
from django_socio_grpc.response import CallResponse as GRPCResponseContainer

__all__ = ["GRPCRequestContainer", "GRPCResponseContainer"]
