"""An import path that the documentation uses."""

from django_socio_grpc.servicer import ServicerProxy

__all__ = ["ServicerProxy"]
