"""An import path that the documentation uses."""

from django_socio_grpc.actions import FieldDict

__all__ = ["FieldDict"]
