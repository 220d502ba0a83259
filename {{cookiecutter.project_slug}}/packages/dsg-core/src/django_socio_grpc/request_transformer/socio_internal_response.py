"""An import path of the documentation."""

from django.http.response import ResponseHeaders as ResponseHeadersProxy

from django_socio_grpc.response import CallResponse as InternalHttpResponse

__all__ = ["InternalHttpResponse", "ResponseHeadersProxy"]
