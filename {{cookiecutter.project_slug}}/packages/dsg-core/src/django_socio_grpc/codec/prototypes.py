"""The fields of a serializer class, made once, of which each serializer gets copies.

DRF makes the fields of each serializer anew: from the model, or by a deep copy of those that are
declared. That is most of what a validation costs, and it gives the same each time, unless

- the class, or a class it inherits, overrides one of ``FIELD_HOOKS``: ``get_fields()``, ``fields``
  or one of the methods that they call;
- a serializer has a ``Meta``, a hook or an option of its own (``OPTIONS``);
- a relation of the model has a callable ``limit_choices_to``, or a field that DRF makes for a
  column is not cloneable (see ``clones``), or has asked a manager for its queryset: the manager
  may ask in turn who calls. A declared field that is not cloneable is copied by DRF.

There DRF goes its own way. What changes with the class holds until then: ``Meta``, its options and
the declared fields are compared each time, and fields whose errors are worded when they are made
are made once for each language. What a serializer's ``__init__`` or a handler does to the fields
of one serializer is done to copies.
"""

import copy
from typing import Any, Self

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import get_language
from rest_framework.serializers import BaseSerializer, ModelSerializer, Serializer
from rest_framework.utils.serializer_helpers import BindingDict
from rest_framework.validators import UniqueValidator

from django_socio_grpc.codec.clones import Clone, cloner, is_cloneable
from django_socio_grpc.codec.kept import kept
from django_socio_grpc.codec.snapshots import Snapshot
from django_socio_grpc.codec.static import FIELD_HOOKS, is_as_its_class, is_stock
from django_socio_grpc.schema.types import AnyField

TRANSLATED = "translated"


class BoundFields(BindingDict):
    """Fields by name, of which DRF reads all again and again."""

    def values(self) -> Any:
        return self.fields.values()

    def items(self) -> Any:
        return self.fields.items()


class Prototype:
    """The fields of one serializer class, while the class stays as it is.

    ``serializer`` is one that nobody uses, bound to the fields that are copied. ``compiled`` is
    for what others make of the fields, and goes with them.
    """

    def __init__(self, cls: type[Serializer[Any]]) -> None:
        self.serializer = _blank(cls)
        self.fields: dict[str, AnyField] = self.serializer.get_fields()
        bound = BindingDict(self.serializer)
        for name, field in self.fields.items():
            bound[name] = field
        vars(self.serializer)["fields"] = bound
        self.is_translated = settings.USE_I18N and any(map(_is_worded, self.fields.values()))
        self.compiled: dict[Any, Any] = {}
        self.holds = Snapshot(cls).holds
        self._declared = dict(cls._declared_fields)
        self._clones = [(name, self._cloner(name, field)) for name, field in self.fields.items()]

    @classmethod
    def of(cls, serializer_class: type[Serializer[Any]]) -> Self | None:
        """Return that of ``serializer_class``; None if each serializer may have other fields."""
        if not all(is_stock(serializer_class, name) for name in (*FIELD_HOOKS, "__new__")):
            return None
        if _limits_choices(serializer_class):
            return None
        made = cls(serializer_class)
        generated = made.fields.keys() - serializer_class._declared_fields.keys()
        return made if all(map(_is_lasting, map(made.fields.get, generated))) else None

    def fields_of(self, serializer: Any) -> BindingDict:
        """Return copies of the fields, bound to ``serializer``."""
        bound = BoundFields(serializer)
        fields = bound.fields
        for name, clone in self._clones:
            fields[name] = clone(serializer)
        return bound

    def _cloner(self, name: str, field: AnyField) -> Clone:
        if is_cloneable(self._declared.get(name, field)):
            return cloner(field)

        def made_anew(parent: Any) -> Any:
            made = copy.deepcopy(self._declared[name])
            made.bind(name, parent)
            return made

        return made_anew


def prototype_of(serializer: Serializer[Any]) -> Prototype | None:
    """Return that of the class of ``serializer``, or None if the fields may be its own."""
    if not is_as_its_class(serializer):
        return None
    cls = type(serializer)
    prototypes = kept(cls)
    language = get_language() if TRANSLATED in prototypes else None
    key = (Prototype, language)
    found: Prototype | None = prototypes.get(key)
    if found is None:
        if key in prototypes:
            return None
    elif found.holds():
        return found
    found = Prototype.of(cls)
    if found is not None and found.is_translated:
        prototypes[TRANSLATED] = True
        key = (Prototype, get_language())
    prototypes[key] = found
    return found


def _blank(cls: type[Serializer[Any]]) -> Any:
    """A serializer of ``cls`` that its own ``__init__`` has not seen."""
    serializer = cls.__new__(cls)
    BaseSerializer.__init__(serializer)
    return serializer


def _limits_choices(cls: type) -> bool:
    model: Any = getattr(getattr(cls, "Meta", None), "model", None)
    if model is None or not issubclass(cls, ModelSerializer):
        return False
    columns = (*model._meta.fields, *model._meta.many_to_many)
    relations = (column.remote_field for column in columns)
    return any(callable(getattr(each, "limit_choices_to", None)) for each in relations)


def _is_lasting(field: Any) -> bool:
    """Whether DRF would make the same of the model at any time."""
    asking = (getattr(field, "child_relation", field), *vars(field).get("_validators", ()))
    querysets = (getattr(each, "queryset", None) for each in asking)
    return is_cloneable(field) and not any(isinstance(each, QuerySet) for each in querysets)


def _is_worded(field: Any) -> bool:
    """Whether ``field`` has errors that DRF has put into the current language."""
    return any(isinstance(each, UniqueValidator) for each in vars(field).get("_validators", ()))
