"""What a field of a message that is not set means to its serializer."""

import copy
import functools
from collections.abc import Callable
from typing import Any, TypeAlias

from django.db import models
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from rest_framework.fields import empty

from django_socio_grpc.codec.clones import is_immutable
from django_socio_grpc.codec.convert import Convert
from django_socio_grpc.codec.enums import has_unspecified
from django_socio_grpc.schema.annotations import EnumClass
from django_socio_grpc.schema.sources import source_of

Absent: TypeAlias = Callable[[], Any]
"""Gives the value of a field that is not set; ``empty`` is DRF's word for no value at all."""

Listed: TypeAlias = Callable[[Any], Any]
"""Gives the value for the serializer of a call."""


def presence(
    descriptor: FieldDescriptor, cls: EnumClass | None
) -> Callable[[Message], bool] | None:
    """Return what tells whether a message has the field; None if that cannot be told."""
    name, enum_type = descriptor.name, descriptor.enum_type
    if enum_type is not None and not descriptor.is_repeated and has_unspecified(cls, enum_type):
        return lambda message: bool(getattr(message, name))
    return (lambda message: message.HasField(name)) if descriptor.has_presence else None


def zero(field: Any, descriptor: FieldDescriptor, cls: EnumClass | None, decode: Convert) -> Any:
    """What a field is that is needed and not set; ``empty``, and DRF says that it is missing."""
    if descriptor.message_type is not None:
        return empty  # a message has no zero
    if descriptor.is_repeated or descriptor.enum_type is None:
        return decode(descriptor.default_value)
    if has_unspecified(cls, descriptor.enum_type):
        return "" if getattr(field, "allow_blank", False) else empty
    return decode(0)


def absent(field: Any, zero: Any, updating: bool) -> Absent:
    """What a field that is not set means, unless the update is partial."""
    if field.read_only:
        return lambda: empty
    if field.allow_null and updating:
        return lambda: None
    if field.allow_null:
        column = source_of(field).column
        if isinstance(column, models.Field) and column.has_default():
            left_out = field.default is empty and not field.required  # and the model decides
            return (lambda: empty) if left_out else column.get_default
    if field.default is not empty:
        return lambda: empty
    if field.allow_null:
        return lambda: None
    return own(zero) if field.required else (lambda: empty)


def listed(field: Any, zero: Any) -> Listed:
    """What a field becomes that a partial update names and does not set."""
    default = field.default
    if field.read_only:
        return lambda _: empty
    if field.allow_null:
        return lambda _: None
    if default is empty:
        nothing = own(None if zero is empty else zero)
        return lambda _: nothing()
    if not callable(default):
        value = own(default)
        return lambda _: value()
    if getattr(default, "requires_context", False):
        return functools.partial(_ask, field.field_name)
    return lambda _: default()


def _ask(name: str, serializer: Any) -> Any:
    field = serializer.fields.get(name)
    return empty if field is None else field.default(field)


def own(value: Any) -> Absent:
    """Return what gives ``value``, a copy each time if someone could change it."""
    return (lambda: value) if is_immutable(value) else functools.partial(copy.deepcopy, value)
