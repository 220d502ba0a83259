"""Which related rows a static serializer reads, so that few queries can fetch them for all rows.

What counts is what the fields of the serializer, and of the static serializers in it, read by
their ``source`` or ``slug_field``. What a method, a property or an overridden
``to_representation`` reads is not known.
"""

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import models
from django.db.models.fields import related_descriptors as descriptors
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from rest_framework import serializers
from rest_framework.relations import ManyRelatedField, RelatedField, SlugRelatedField
from rest_framework.utils import model_meta

from django_socio_grpc.codec.columns import Model
from django_socio_grpc.codec.convert import is_plain_message, message_type
from django_socio_grpc.codec.static import is_static, is_stock

# What Django itself puts onto a model for a relation.
FORWARD = (descriptors.ForwardManyToOneDescriptor, descriptors.ForwardOneToOneDescriptor)
REVERSE = (descriptors.ReverseOneToOneDescriptor,)
MANY = (descriptors.ReverseManyToOneDescriptor, descriptors.ManyToManyDescriptor)
HOLDERS = (serializers.ListSerializer, ManyRelatedField)
"""Fields that show many rows."""


class Relations(NamedTuple):
    """What to give ``select_related`` and ``prefetch_related``."""

    select: tuple[str, ...]
    prefetch: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Rows of ``model``, one or with ``many`` several for each row that they are reached from.

    ``path`` is the way over the attributes of the rows, from those of the query; ``joined`` is
    the way of the join that fetches them, None where something on the way is prefetched.
    """

    model: Model
    path: tuple[str, ...] = ()
    joined: tuple[str, ...] | None = ()
    many: bool = False


def relations_of(serializer: Any, sent: Descriptor, model: Model) -> Relations:
    """Return what ``serializer``, which is static, reads of rows of ``model`` to send ``sent``.

    One row is joined; many rows, and what lies behind them, are prefetched.
    """
    places = list(_places(serializer, sent, Place(model=model)))
    joined = ("__".join(place.joined) for place in places if place.joined is not None)
    prefetched = ("__".join(place.path) for place in places if place.joined is None)
    return Relations(tuple(dict.fromkeys(joined)), tuple(dict.fromkeys(prefetched)))


def _places(serializer: Any, sent: Descriptor | None, place: Place) -> Iterator[Place]:
    """What ``serializer`` reads from rows at ``place``; with None, for all of its fields."""
    for name, field in serializer.fields.items():
        message = None if sent is None else sent.fields_by_name.get(name)
        is_sent = sent is None or message is not None
        if is_sent and not field.write_only and is_stock(type(field), "get_attribute"):
            yield from _places_of(field, message, place)


def _places_of(field: Any, sent: FieldDescriptor | None, place: Place) -> Iterator[Place]:
    is_list = isinstance(field, serializers.ListSerializer)
    if is_list and not is_static(type(field)):
        return  # it may show other rows than those of the relation
    steps = _steps(field, place)
    reached = list(_follow(place, steps, many=isinstance(field, HOLDERS)))
    yield from reached
    inner = field.child if is_list else field
    if len(reached) == len(steps) and is_static(type(inner)):
        nested = message_type(sent) if sent is not None and is_plain_message(sent) else None
        yield from _places(inner, nested, reached[-1] if reached else place)


def _steps(field: Any, place: Place) -> list[str]:
    """The attributes that ``field`` reads one after the other, among them all relations."""
    steps = list(field.source_attrs)
    shown = field.child_relation if isinstance(field, ManyRelatedField) else field
    if isinstance(shown, SlugRelatedField):
        return steps + shown.slug_field.split("__")
    if isinstance(field, RelatedField) and field.use_pk_only_optimization() and steps:
        # The key of the last one is in the row before it, if that is the one that refers.
        before = [place, *_follow(place, steps[:-1], many=False)][-1]
        if _descriptor(before.model, steps[-1]) in FORWARD:
            return steps[:-1]
    return steps


def _follow(place: Place, steps: Sequence[str], *, many: bool) -> Iterator[Place]:
    """The rows along ``steps``, as far as they are rows, and not many if only one is shown."""
    for step in steps:
        following = _next(place, step)
        if following is None or (following.many and not many):
            return
        yield following
        place = following


def _next(place: Place, name: str) -> Place | None:
    """The rows that the attribute ``name`` of those at ``place`` leads to.

    None if it is not a relation, or one that is not read as Django's are: it has a descriptor of
    its own, or the model a base manager, which a join does not know.
    """
    kind = _descriptor(place.model, name)
    relation = model_meta.get_field_info(place.model).relations.get(name)
    if relation is None or kind not in (*FORWARD, *REVERSE, *MANY):
        return None
    path, many, model = (*place.path, name), kind in MANY, relation.related_model
    if many or place.joined is None:
        return Place(model=model, path=path, joined=None, many=many)
    if type(model._meta.base_manager) is not models.Manager:
        return None
    joined = (*place.joined, _query_name(place.model, name))
    return Place(model=model, path=path, joined=joined)


def _descriptor(model: Model, name: str) -> type:
    return type(inspect.getattr_static(model, name, None))


def _query_name(model: Model, name: str) -> str:
    """The name of a relation in queries, which may be another one if it is a reverse one."""
    for relation in model._meta.related_objects:
        if relation.get_accessor_name() == name:
            return relation.field.related_query_name()
    return name
