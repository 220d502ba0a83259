"""The contract, as the documentation names its parts."""

from typing import Any

from django.utils.module_loading import import_string

from django_socio_grpc.exceptions import ProtoRegistrationError
from django_socio_grpc.protobuf.proto_classes import (
    FieldDict,
    ProtoComment,
    ProtoField,
    ProtoMessage,
    ProtoRpc,
    ProtoService,
)

__all__ = [
    "FieldDict",
    "ProtoComment",
    "ProtoField",
    "ProtoMessage",
    "ProtoRegistrationError",
    "ProtoRpc",
    "ProtoService",
    "RegistrySingleton",
    "get_proto_type",
]

ABOVE = {
    "RegistrySingleton": "django_socio_grpc.registry.RegistrySingleton",
    "get_proto_type": "django_socio_grpc.protobuf.type_names.get_proto_type",
}
"""Names of the layers above this one, which are imported when they are asked for."""


def __getattr__(name: str) -> Any:
    if name not in ABOVE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_string(ABOVE[name])
