"""What of a model a serializer field shows: the column or the computed value at its source."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.fields.reverse_related import ForeignObjectRel
from rest_framework.fields import Field

ModelField: TypeAlias = models.Field | ForeignObjectRel


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The end of the path that a field's ``source`` goes, ``author.name`` for example.

    ``model`` is None where the path leaves the models, ``column`` where it does not end in one.
    ``nullable`` says whether there can be nothing at the end.
    """

    model: type[models.Model] | None
    name: str
    column: ModelField | None
    nullable: bool


def source_of(field: Field[Any, Any, Any, Any]) -> Source:
    """Follow the source of ``field``, which is bound to its serializer."""
    path: Sequence[str] = field.source_attrs
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    name = path[-1] if path else ""
    nullable = False
    for step in path[:-1]:
        column = _column(model, step)
        nullable = nullable or _is_nullable(column)
        model = None if column is None else column.related_model
    column = _column(model, name)
    return Source(model=model, name=name, column=column, nullable=nullable or _is_nullable(column))


def is_primary_key(field: Field[Any, Any, Any, Any]) -> bool:
    column = source_of(field).column if len(field.source_attrs) == 1 else None
    return getattr(column, "primary_key", False)


def _column(model: Any, name: str) -> ModelField | None:
    if model is None or not name:
        return None
    if name == "pk":
        return model._meta.pk  # type: ignore[no-any-return]
    try:
        column = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return column if isinstance(column, models.Field | ForeignObjectRel) else None


def _is_nullable(column: ModelField | None) -> bool:
    return column is not None and bool(column.null)
