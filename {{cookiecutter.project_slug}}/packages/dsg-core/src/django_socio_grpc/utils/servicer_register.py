"""The import path of the registration document."""

from django_socio_grpc.registration import AppHandlerRegistry

__all__ = ["AppHandlerRegistry"]
