"""An import path of the documentation."""

from django_socio_grpc.context import Context as GRPCInternalProxyContext
from django_socio_grpc.response import CallResponse as GRPCInternalProxyResponse

__all__ = ["GRPCInternalProxyContext", "GRPCInternalProxyResponse"]
