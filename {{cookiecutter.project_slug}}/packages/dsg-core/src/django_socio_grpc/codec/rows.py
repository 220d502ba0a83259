"""The plan of a static serializer: for each field, how a row's value gets to the wire."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeAlias

from django.db.models.manager import BaseManager
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from rest_framework import fields, serializers

from django_socio_grpc.codec.convert import (
    Convert,
    field_encoder,
    is_plain_message,
    message_type,
    proto_type,
)
from django_socio_grpc.codec.enums import enum_encoder
from django_socio_grpc.codec.keys import foreign_key, key_encoder, many_keys
from django_socio_grpc.codec.oneofs import choose, oneofs_of
from django_socio_grpc.codec.represent import is_context_free, rebound, represented
from django_socio_grpc.codec.static import is_static, is_stock
from django_socio_grpc.schema.enums import enum_of
from django_socio_grpc.schema.types import wire_type
from django_socio_grpc.schema.values import unchanged

Read: TypeAlias = Callable[[Any], Any]
Bind: TypeAlias = Callable[[Any], Read]


class RowPlan:
    """Reads a row into the keyword arguments of a message.

    A field takes the first of three ways that is right for it: an attribute of the row is sent,
    as it is or converted; a function of the row computes it; or such a function is made in each
    call from the call's serializer, for it may look at the serializer's context.
    """

    def __init__(self, serializer: Any, descriptor: Descriptor) -> None:
        self._shape = _shape(serializer)
        self._paths: dict[str, str] = {}
        self._converted: list[tuple[str, Convert]] = []
        self._computed: list[tuple[str, Read]] = []
        self._bound: list[tuple[str, Bind]] = []
        self._oneofs = oneofs_of(descriptor)
        for name, field in serializer.fields.items():
            if not field.write_only and name in descriptor.fields_by_name:
                self._add(name, field, descriptor.fields_by_name[name])
        self._read = self._reader(self._computed)

    def fits(self, serializer: Any) -> bool:
        """Whether nobody has changed the fields of ``serializer``, one of this plan's class."""
        return "fields" not in vars(serializer) or _shape(serializer) == self._shape

    def reader(self, serializer: Any) -> Callable[[Any], dict[str, Any]]:
        """Return what reads the rows of the call that ``serializer`` is made for."""
        if not self._bound:
            return self._read
        bound = [(name, bind(serializer)) for name, bind in self._bound]
        return self._reader([*self._computed, *bound])

    def _reader(self, computed: list[tuple[str, Read]]) -> Callable[[Any], dict[str, Any]]:
        names, values_of = tuple(self._paths), _values_of(*self._paths.values())
        converted, oneofs = self._converted, self._oneofs

        def read(row: Any) -> dict[str, Any]:
            values = dict(zip(names, values_of(row), strict=True))
            for name, convert in converted:
                value = values[name]
                if value is not None:  # proto3 has no null: absence is how None travels
                    values[name] = convert(value)
            for name, compute in computed:
                values[name] = compute(row)
            if oneofs:
                choose(values, oneofs)
            return values

        return read

    def _add(self, name: str, field: Any, descriptor: FieldDescriptor) -> None:
        attribute = _attribute(field, descriptor)
        if attribute is not None:
            self._paths[name], convert = attribute
            if convert is not unchanged:
                self._converted.append((name, convert))
            return
        nested = _nested_plan(field, descriptor)
        read = many_keys(field, descriptor)
        if read is None and nested is not None and not nested._bound:
            read = _nested_read(field, nested._read)
        if read is None and is_context_free(field):
            read = represented(field, field_encoder(descriptor, field))
        if read is not None:
            self._computed.append((name, read))
        elif nested is not None:
            self._bound.append((name, _bind_nested(field, nested)))
        else:
            self._bound.append((name, _bind(field, field_encoder(descriptor, field))))


def _shape(serializer: Any) -> list[tuple[Any, ...]]:
    return [
        (name, type(field), field.source, field.write_only)
        for name, field in serializer.fields.items()
    ]


def _values_of(*paths: str) -> Callable[[Any], tuple[Any, ...]]:
    if len(paths) > 1:
        return attrgetter(*paths)
    getters = [attrgetter(path) for path in paths]  # one alone gives no tuple
    return lambda row: tuple(get(row) for get in getters)


def _attribute(field: Any, descriptor: FieldDescriptor) -> tuple[str, Convert] | None:
    """The path of the attribute that is sent and its conversion, if there is no more to it."""
    if descriptor.is_repeated or not is_stock(type(field), "get_attribute"):
        return None
    if descriptor.enum_type is not None:
        cls = enum_of(field) if type(field) is fields.ChoiceField else None
        encode = None if cls is None else enum_encoder(cls, descriptor.enum_type)
        return (field.source, encode) if encode is not None and field.source_attrs else None
    column = foreign_key(field)
    if column is not None:
        return column.attname, key_encoder(column, descriptor)
    native = wire_type(field, proto_type(descriptor)).native
    return (field.source, native) if native is not None and field.source_attrs else None


def _nested_plan(field: Any, descriptor: FieldDescriptor) -> RowPlan | None:
    """The plan of a nested serializer, single or many, if it is static as well."""
    many = isinstance(field, serializers.ListSerializer)
    inner = field.child if many else field
    if not isinstance(inner, serializers.Serializer) or not is_plain_message(descriptor):
        return None
    if not all(
        is_static(cls) and is_stock(cls, "get_attribute") for cls in map(type, (field, inner))
    ):
        return None
    return RowPlan(inner, message_type(descriptor)) if descriptor.is_repeated is many else None


def _nested_read(field: Any, read: Read) -> Read:
    value_of = attrgetter(field.source) if field.source_attrs else unchanged

    def read_one(row: Any) -> Any:
        value = value_of(row)
        return None if value is None else read(value)

    def read_many(row: Any) -> Any:
        rows = value_of(row)
        if isinstance(rows, BaseManager):
            rows = rows.all()
        return None if rows is None else [read(item) for item in rows]

    return read_many if isinstance(field, serializers.ListSerializer) else read_one


def _bind_nested(field: Any, plan: RowPlan) -> Bind:
    def bind(serializer: Any) -> Read:
        own = rebound(field, serializer)
        inner = own.child if isinstance(own, serializers.ListSerializer) else own
        return _nested_read(field, plan.reader(inner))

    return bind


def _bind(field: Any, encode: Convert) -> Bind:
    if type(field) is not fields.SerializerMethodField:
        return lambda serializer: represented(rebound(field, serializer), encode)

    def bind(serializer: Any) -> Read:
        method = getattr(serializer, field.method_name)

        def read(row: Any) -> Any:
            representation = method(row)
            return None if representation is None else encode(representation)

        return read

    return bind
