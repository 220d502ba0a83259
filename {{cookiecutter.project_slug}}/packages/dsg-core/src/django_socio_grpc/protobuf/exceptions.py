"""An import path that the documentation uses."""

from django_socio_grpc.exceptions import EnumProtoMismatchError, ProtoRegistrationError

__all__ = ["EnumProtoMismatchError", "ProtoRegistrationError"]
