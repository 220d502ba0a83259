"""An import path of the documentation."""

from django_socio_grpc.request import CallRequest as InternalHttpRequest
from django_socio_grpc.request_meta import RequestMeta

__all__ = ["InternalHttpRequest", "RequestMeta"]
