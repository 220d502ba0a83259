"""Whether a queryset means the same SQL with the same parameters each time it is run."""

import datetime
import decimal
import uuid
from typing import Any
from weakref import WeakKeyDictionary

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import sql
from django.db.models.expressions import Col
from django.db.models.fields import related, related_lookups, reverse_related
from django.db.models.lookups import Lookup, Transform
from django.db.models.sql.datastructures import BaseTable, Join
from django.db.models.sql.where import WhereNode

ABSENT = (
    "annotations",
    "combinator",
    "distinct",
    "distinct_fields",
    "explain_info",
    "external_aliases",
    "extra",
    "extra_order_by",
    "extra_tables",
    "group_by",
    "select",
    "select_for_update",
    "select_related",
    "subquery",
    "values_select",
)
"""What a query has none of that asks for all columns of rows of a table, and for no more."""

LOOKUPS = frozenset({models.lookups.__name__, related_lookups.__name__})
FIELDS = frozenset({models.fields.__name__, related.__name__, reverse_related.__name__})
"""Where Django's own are. What an app adds may ask for the time, the language or the caller."""

VALUES = (
    bool,
    bytes,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    decimal.Decimal,
    float,
    int,
    str,
    uuid.UUID,
    type(None),
)

QUERYSET = frozenset(vars(models.QuerySet)) - {"__annotations__", "__doc__", "__module__"}


def is_constant(queryset: Any) -> bool:
    """Whether ``queryset`` gives instances of its model by one query that is always the same.

    In doubt it is not.
    """
    query: Any = queryset.query
    return (
        is_whole(queryset)
        and not query.is_sliced
        and not query.is_empty()
        and all(map(_is_plain_join, query.alias_map.values()))
        and _is_plain_condition(query.where)
        and _is_plain_order(query)
    )


def is_whole(queryset: Any) -> bool:
    """Whether ``queryset`` gives instances of its model by one query for all of their columns."""
    query: Any = queryset.query
    cls: Any = type(queryset)
    return (
        _is_stock(cls)
        and type(query) is sql.Query
        and not any(getattr(query, name) for name in ABSENT)
        and query.default_cols
        and query.deferred_loading == (frozenset(), True)
        and not has_prefetches(queryset)
        and all(_selects_itself(column) for column in queryset.model._meta.concrete_fields)
    )


def is_evaluated(queryset: Any) -> bool:
    """Whether ``queryset`` holds instances already, which someone may have changed."""
    return isinstance(queryset[:1], list)  # and not another queryset


def has_prefetches(queryset: Any) -> bool:
    """Whether ``queryset`` fetches related objects by queries of their own."""
    try:
        queryset.iterator()  # which is not begun, and needs to know of a size of chunks for them
    except ValueError:
        return True
    return False


def is_djangos(column: Any) -> bool:
    """Whether a column is of one of Django's own classes."""
    return type(column).__module__ in FIELDS


_stock: WeakKeyDictionary[type, bool] = WeakKeyDictionary()


def _is_stock(cls: Any) -> bool:
    """Whether a class of querysets has methods beside those of Django's, and changes none."""
    if cls not in _stock:
        own = cls.__mro__[: cls.__mro__.index(models.QuerySet)]
        _stock[cls] = not any(QUERYSET & vars(base).keys() for base in own)
    return _stock[cls]


def _is_plain_join(join: Any) -> bool:
    if type(join) is BaseTable:
        return True
    plain = type(join) is Join and join.filtered_relation is None
    return plain and type(join.join_field).__module__ in FIELDS


def _is_plain_condition(node: Any) -> bool:
    if type(node) is WhereNode:
        return all(map(_is_plain_condition, node.children))
    return (
        isinstance(node, Lookup)
        and not isinstance(node, Transform)
        and type(node).__module__ in LOOKUPS
        and type(node.lhs) is Col
        and is_djangos(node.lhs.target)
        and _is_plain_value(node.rhs)
    )


def _is_plain_value(value: Any) -> bool:
    if isinstance(value, list | tuple | set | frozenset):
        return all(map(_is_plain_value, value))
    return isinstance(value, VALUES)


def _is_plain_order(query: Any) -> bool:
    """Whether rows are ordered by columns, or not at all."""
    defaults: Any = query.model._meta.ordering if query.default_ordering else ()
    return all(_is_column(query.model, name) for name in query.order_by or defaults)


def _is_column(model: Any, path: Any) -> bool:
    if not isinstance(path, str):
        return False
    *steps, name = path.lstrip("-").split("__")
    try:
        for step in steps:
            model = model._meta.get_field(step).related_model
        column = model._meta.pk if name == "pk" else model._meta.get_field(name)
    except (AttributeError, FieldDoesNotExist):  # a transform, or the random order
        return False
    # A relation stands for the order of the model that it leads to.
    return isinstance(column, models.Field) and not (
        column.is_relation and name not in {column.attname, "pk"}
    )


def _selects_itself(column: models.Field) -> bool:
    return type(column).select_format is models.Field.select_format
