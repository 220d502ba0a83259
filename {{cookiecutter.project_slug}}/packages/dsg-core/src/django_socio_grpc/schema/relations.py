"""The columns that relations lead to."""

from typing import Any, TypeAlias

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from rest_framework.relations import ManyRelatedField
from rest_framework.utils import model_meta

Column: TypeAlias = models.Field


def target_column(column: Column) -> Column:
    """Return ``column``, or, of a foreign key, the column whose values it holds."""
    while column.remote_field is not None:
        column = getattr(column, "target_field", None) or column.remote_field.model._meta.pk
    return column


def primary_key(model: type[models.Model]) -> Column:
    """Return the key of ``model`` that serializers show: of a child, that of its parent."""
    column: Any = model._meta.pk
    while column.remote_field is not None and column.remote_field.parent_link:
        column = column.remote_field.model._meta.pk
    return column  # type: ignore[no-any-return]


def related_column(field: Any, path: str) -> Column | None:
    """Return the column at the end of ``path`` (``pk``, ``author__name``) from a relation.

    None if the model behind ``field`` is not known, or if ``path`` ends in no column of it.
    """
    model: Any = related_model(field)
    *steps, name = path.replace("__", ".").split(".")
    try:
        for step in steps:
            model = model and model._meta.get_field(step).related_model
        found = model and (model._meta.pk if name == "pk" else model._meta.get_field(name))
    except FieldDoesNotExist:  # a property of the model
        return None
    return found if isinstance(found, models.Field) else None


def related_model(field: Any) -> type[models.Model] | None:
    """Return the model that a bound relational field leads to, if that is known."""
    if field.queryset is not None:
        model: type[models.Model] = field.queryset.model
        return model
    owner = field.parent if isinstance(field.parent, ManyRelatedField) else field
    source = getattr(getattr(owner.parent, "Meta", None), "model", None)
    relation = source and model_meta.get_field_info(source).relations.get(str(owner.source))
    return relation.related_model if relation else None
