"""An import path that the documentation uses."""

from django_socio_grpc.registration import AppHandlerRegistry

__all__ = ["AppHandlerRegistry"]
