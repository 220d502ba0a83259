"""Rows as the values of a model's columns, in their order, without an instance."""

import inspect
from collections.abc import Mapping
from typing import Any, TypeAlias

from django.db import models
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query_utils import DeferredAttribute

Model: TypeAlias = type[models.Model]

# What Django itself puts onto a model for a column: it gives the value that the column has.
PLAIN = (DeferredAttribute, ForeignKeyDeferredAttribute)


def positions(model: Model) -> Mapping[str, int]:
    """Return where in a row of ``model._meta.concrete_fields`` the value of an attribute is.

    It has the attributes that are read without an instance: no property stands in the way of
    the column, and no descriptor that makes something else of its value, as that of a file.
    """
    if model.__getattribute__ is not models.Model.__getattribute__:
        return {}
    found = {
        column.attname: number
        for number, column in enumerate(model._meta.concrete_fields)
        if _is_plain(model, column.attname)
    }
    key: Any = model._meta.pk
    if _stock_pk(model) and key is not None and key.attname in found:
        found["pk"] = found[key.attname]
    return found


def _is_plain(model: Model, attribute: str) -> bool:
    return type(inspect.getattr_static(model, attribute, None)) in PLAIN


def _stock_pk(model: Model) -> bool:
    return inspect.getattr_static(model, "pk") is inspect.getattr_static(models.Model, "pk")
