"""An import path that the documentation uses."""

from django_socio_grpc.action_registration import GRPCActionMixin

__all__ = ["GRPCActionMixin"]
