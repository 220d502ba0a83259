"""An import path that the documentation uses."""

from django_socio_grpc.service import Service

__all__ = ["Service"]
