"""The proto type of whatever in Python has one."""

from typing import Any

from django.db import models
from rest_framework.fields import Field

from django_socio_grpc.exceptions import ProtoRegistrationError
from django_socio_grpc.schema.hints import annotation_type
from django_socio_grpc.schema.types import model_field_type, wire_type


def get_proto_type(value: Any) -> str:
    """Return the proto type of a serializer's field, a model's field or a Python type.

    Of a list it is that of one element.

    Raises:
        ProtoRegistrationError: it has none, or it is a message of its own.

    >>> get_proto_type(int)
    'int32'
    """
    if isinstance(value, Field):
        return wire_type(value).proto
    if isinstance(value, models.Field):
        return model_field_type(value)
    proto, _ = annotation_type(value)
    if not isinstance(proto, str):
        raise ProtoRegistrationError(f"{proto.__name__} is a message or an enum of its own.")
    return proto
