"""The plan of a static serializer: for each field, how a row's value gets to the wire."""

import datetime
from functools import cached_property
from inspect import isfunction
from typing import Any, TypeAlias

from django.db import models
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from rest_framework import fields, serializers

from django_socio_grpc.codec.columns import Model, positions
from django_socio_grpc.codec.convert import (
    Convert,
    field_encoder,
    is_plain_message,
    message_type,
    proto_type,
)
from django_socio_grpc.codec.enums import enum_encoder, sends_null
from django_socio_grpc.codec.keys import foreign_key, key_encoder, many_keys
from django_socio_grpc.codec.oneofs import oneofs_of
from django_socio_grpc.codec.parts import (
    Attribute,
    Bind,
    Bound,
    Computed,
    Nested,
    Part,
    bind_of,
    column_of,
    needs_zone,
)
from django_socio_grpc.codec.represent import is_context_free, own_field, represented
from django_socio_grpc.codec.script import Script
from django_socio_grpc.codec.shapes import shape_of
from django_socio_grpc.codec.static import is_as_its_class, is_static, is_stock
from django_socio_grpc.schema.enums import enum_of
from django_socio_grpc.schema.sources import source_of
from django_socio_grpc.schema.texts import current_time_zone
from django_socio_grpc.schema.types import wire_type

TEXTS = (models.CharField, models.TextField, models.GenericIPAddressField)

Call: TypeAlias = tuple[datetime.tzinfo | None, tuple[Any, ...]]
"""What the rows of a call share: the time zone, if one is needed, and what is bound."""


class RowPlan:
    """What of a row gets to which field of a message, and the code that brings it there.

    ``rows`` is that code for instances, and ``columns`` for rows that are the values of columns.
    Its functions take what ``call`` gives.
    """

    def __init__(self, serializer: Any, descriptor: Descriptor) -> None:
        self._shape = shape_of(serializer.fields)
        self._model: Model | None = getattr(getattr(serializer, "Meta", None), "model", None)
        cls = type(serializer)
        self._title = f"{cls.__module__}.{cls.__qualname__} as {descriptor.full_name}"
        self._oneofs = oneofs_of(descriptor)
        self._parts = [
            _part(name, field, descriptor.fields_by_name[name])
            for name, field in serializer.fields.items()
            if not field.write_only and name in descriptor.fields_by_name
        ]
        self._nested = [part for part in self._parts if isinstance(part, Nested)]
        self.classes: tuple[type, ...] = (
            cls,
            *(inner for nested in self._nested for inner in nested.classes),
        )
        self._binds = [bind for part in self._parts if (bind := bind_of(part)) is not None]
        self.in_zone = any(map(needs_zone, self._parts))
        self._columns_of: dict[Model, bool] = {}
        self.rows = Script(self._title, self._parts, self._oneofs)

    def fits(self, serializer: Any) -> bool:
        """Whether nobody has changed ``serializer``, one of this plan's class, or its fields."""
        if type(serializer) is not self.classes[0] or not is_as_its_class(serializer):
            return False
        fields = vars(serializer).get("fields")
        if fields is None:  # they have not been made
            return True
        return shape_of(fields) == self._shape and all(
            nested.fits(_row_of(fields[nested.name])) for nested in self._nested
        )

    def call(self, serializer: Any) -> Call:
        """Return what the rows of the call share that ``serializer`` is made for."""
        return current_time_zone() if self.in_zone else None, self.bind(serializer)

    def bind(self, serializer: Any) -> tuple[Any, ...]:
        return tuple([bind(serializer) for bind in self._binds])

    @property
    def is_bound(self) -> bool:
        return bool(self._binds)

    def reads_columns_of(self, model: Model) -> bool:
        """Whether ``columns`` can read the rows of ``model``."""
        if model not in self._columns_of:
            self._columns_of[model] = self._reads(model)
        return self._columns_of[model]

    @cached_property
    def columns(self) -> Script:
        """The functions for rows that are the values of all columns of the model."""
        assert self._model is not None
        title = f"{self._title}, by column"
        return Script(title, self._parts, self._oneofs, positions(self._model))

    def _reads(self, model: Model) -> bool:
        own = self._model
        if own is None or model._meta.concrete_model is not own._meta.concrete_model:
            return False
        known = positions(own).keys() & positions(model).keys()
        attributes = map(column_of, self._parts)
        return all(attribute is not None and attribute.path in known for attribute in attributes)


def _row_of(field: Any) -> Any:
    """The serializer of a row that ``field``, a nested serializer, shows one or many of."""
    return field.child if isinstance(field, serializers.ListSerializer) else field


def _part(name: str, field: Any, descriptor: FieldDescriptor) -> Part:
    """Return the first of the ways that is right for ``field``."""
    attribute = _attribute(name, field, descriptor)
    if attribute is not None:
        return attribute
    keys = many_keys(field, descriptor)
    if keys is not None:
        return Computed(name=name, read=keys)
    nested = _nested(name, field, descriptor)
    if nested is not None:
        return nested
    encode, null = field_encoder(descriptor, field), _null(field, descriptor)
    if not is_context_free(field):
        return Bound(name=name, bind=_bind(field, encode, null))
    column = _column(name, field, encode, null)
    return Computed(name=name, read=represented(field, encode, null), plain=column)


def _null(field: Any, descriptor: FieldDescriptor) -> int | None:
    """What None is in the message: the number of an enum that says so, else nothing."""
    is_enum = descriptor.enum_type is not None
    return 0 if is_enum and sends_null(descriptor, enum_of(field)) else None


def _attribute(name: str, field: Any, descriptor: FieldDescriptor) -> Attribute | None:
    """The attribute that is sent and its conversion, if there is no more to it."""
    if descriptor.is_repeated or not is_stock(type(field), "get_attribute"):
        return None
    if _is_made(field):
        return None
    path, convert = field.source, None
    key = None if descriptor.enum_type is not None else foreign_key(field)
    if descriptor.enum_type is not None:
        cls = enum_of(field) if type(field) is fields.ChoiceField else None
        convert = None if cls is None else enum_encoder(cls, descriptor.enum_type)
    elif key is not None:
        path, convert = key.attname, key_encoder(key, descriptor)
    else:
        convert = wire_type(field, proto_type(descriptor)).native
    if convert is None or not field.source_attrs:
        return None
    nulls = _null(field, descriptor) is not None
    if nulls and len(field.source_attrs) > 1 and not field.allow_null:
        return None  # where its path is cut off, it is absent
    return Attribute(
        name=name, path=path, optional=_is_optional(field), convert=convert, nulls=nulls
    )


def _is_made(field: Any) -> bool:
    """Whether DRF makes what ``field`` shows: it calls a method, or makes a text of a number.

    The values of no row would fit then, and DRF would have to represent each as a whole.
    """
    source = source_of(field)
    if isfunction(getattr(source.model, source.name, None)):
        return True
    is_text = isinstance(field, fields.CharField) and source.column is not None
    return is_text and not isinstance(source.column, TEXTS)


def _is_optional(field: Any) -> bool:
    """Whether DRF has no value for ``field`` where its source leads nowhere, and no error."""
    return field.default is fields.empty and (field.allow_null or not field.required)


def _column(name: str, field: Any, encode: Convert, null: Any) -> Attribute | None:
    """The same as ``represented``, of the value of the column that ``field`` shows."""
    if type(field).get_attribute is not fields.Field.get_attribute or len(field.source_attrs) != 1:
        return None

    def convert(value: Any) -> Any:
        representation = None if value is None else field.to_representation(value)
        return null if representation is None else encode(representation)

    return Attribute(name=name, path=field.source, convert=convert, nulls=null is not None)


def _nested(name: str, field: Any, descriptor: FieldDescriptor) -> Nested | None:
    """The rows of a nested serializer, single or many, if it is static as well."""
    many = isinstance(field, serializers.ListSerializer)
    inner = _row_of(field)
    if not isinstance(inner, serializers.Serializer) or not is_plain_message(descriptor):
        return None
    if descriptor.is_repeated is not many or not all(
        is_static(cls) and is_stock(cls, "get_attribute") for cls in map(type, (field, inner))
    ):
        return None
    plan = RowPlan(inner, message_type(descriptor))
    return Nested(
        name=name,
        path=field.source if field.source_attrs else "",
        optional=_is_optional(field),
        many=many,
        values=plan.rows.values,
        fits=plan.fits,
        classes=plan.classes,
        in_zone=plan.in_zone,
        bind=_bind_nested(field, plan) if plan.is_bound else None,
    )


def _bind_nested(field: Any, plan: RowPlan) -> Bind:
    def bind(serializer: Any) -> tuple[Any, ...]:
        return plan.bind(_row_of(own_field(field, serializer)))

    return bind


def _bind(field: Any, encode: Convert, null: Any) -> Bind:
    if type(field) is not fields.SerializerMethodField:
        return lambda serializer: represented(own_field(field, serializer), encode, null)

    def bind(serializer: Any) -> Convert:
        method = getattr(serializer, field.method_name)

        def read(row: Any) -> Any:
            representation = method(row)
            return None if representation is None else encode(representation)

        return read

    return bind
