"""An import path that the documentation uses."""

from django_socio_grpc.registry import RegistrySingleton

__all__ = ["RegistrySingleton"]
