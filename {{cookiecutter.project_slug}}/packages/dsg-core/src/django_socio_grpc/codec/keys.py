"""Primary keys of related rows, read without the rows where the row itself holds them."""

from operator import attrgetter
from typing import Any

from django.db import models
from google.protobuf.descriptor import FieldDescriptor
from rest_framework.relations import ManyRelatedField, PrimaryKeyRelatedField

from django_socio_grpc.codec.convert import Convert, field_encoder, proto_type
from django_socio_grpc.schema.relations import related_model, target_column
from django_socio_grpc.schema.sources import source_of
from django_socio_grpc.schema.types import column_type

# DRF represents a key as it is; of these, what is sent is what a field of that column would send.
PLAIN_KEYS = (models.IntegerField, models.UUIDField, models.CharField)


def foreign_key(field: Any) -> models.ForeignKey[Any, Any] | None:
    """Return the column that ``field`` shows, if its value is all that is sent."""
    if not _is_plain_key(field) or len(field.source_attrs) != 1:
        return None
    column = source_of(field).column
    return column if isinstance(column, models.ForeignKey) else None


def key_encoder(column: models.Field, field: FieldDescriptor) -> Convert:
    """Return what turns a value of ``column``, a key, into the wire form for ``field``."""
    wire, proto = column_type(column), proto_type(field)
    native = wire.native if proto == wire.proto else wire.natives.get(proto)
    if native is None or not isinstance(target_column(column), PLAIN_KEYS):
        return field_encoder(field)
    return native


def many_keys(field: Any, descriptor: FieldDescriptor) -> Convert | None:
    """Return what reads the keys of a to-many relation, or None if it is not a plain one.

    One query for each row, none if the relation was prefetched.
    """
    if type(field) is not ManyRelatedField or not _is_plain_key(field.child_relation):
        return None
    model = related_model(field.child_relation)
    if model is None or len(field.source_attrs) != 1 or not descriptor.is_repeated:
        return None
    key_column: Any = model._meta.pk
    relation, key = attrgetter(str(field.source)), attrgetter(key_column.attname)
    encode = field_encoder(descriptor)
    return lambda row: encode([key(item) for item in relation(row).all()])


def _is_plain_key(field: Any) -> bool:
    return type(field) is PrimaryKeyRelatedField and field.pk_field is None
