"""Import paths of the documentation: a call as a request, and its reply as a response.

There is one class of each. ``GRPCRequestContainer`` and ``InternalHttpRequest`` are the same
request, ``GRPCResponseContainer`` and ``GRPCInternalProxyResponse`` the same response.
"""

from django_socio_grpc.request_transformer.grpc_internal_container import (
    GRPCRequestContainer,
    GRPCResponseContainer,
)
from django_socio_grpc.request_transformer.grpc_internal_proxy import (
    GRPCInternalProxyContext,
    GRPCInternalProxyResponse,
)
from django_socio_grpc.request_transformer.socio_internal_request import (
    InternalHttpRequest,
    RequestMeta,
)
from django_socio_grpc.request_transformer.socio_internal_response import (
    InternalHttpResponse,
    ResponseHeadersProxy,
)

__all__ = [
    "GRPCInternalProxyContext",
    "GRPCInternalProxyResponse",
    "GRPCRequestContainer",
    "GRPCResponseContainer",
    "InternalHttpRequest",
    "InternalHttpResponse",
    "RequestMeta",
    "ResponseHeadersProxy",
]
