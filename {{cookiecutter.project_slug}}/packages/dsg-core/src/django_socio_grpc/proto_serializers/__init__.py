"""DRF's serializers with messages: ``message=`` is their input, ``.message`` their output."""

from django_socio_grpc.proto_serializers.fields import (
    BinaryField,
    PropertyReadOnlyField,
    SlugRelatedConvertedField,
)
from django_socio_grpc.proto_serializers.many import ListProtoSerializer
from django_socio_grpc.proto_serializers.single import (
    BaseProtoSerializer,
    ModelProtoSerializer,
    ProtoSerializer,
)

__all__ = [
    "BaseProtoSerializer",
    "BinaryField",
    "ListProtoSerializer",
    "ModelProtoSerializer",
    "PropertyReadOnlyField",
    "ProtoSerializer",
    "SlugRelatedConvertedField",
]
