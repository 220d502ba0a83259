"""Querysets that a call makes itself: compiled when the same one comes again."""

from collections.abc import Callable, Hashable, Sized
from typing import Any, TypeVar

from django.core.signals import setting_changed
from django.db.models import QuerySet
from django.db.models.sql.where import WhereNode

from django_socio_grpc.queries.constant import is_constant
from django_socio_grpc.queries.keys import plain_key
from django_socio_grpc.queries.statement import (
    KeyStatement,
    Statement,
    compiled,
    compiled_by_key,
)

LIMIT = 1000
"""Querysets that are remembered. With one more all are forgotten."""

LENGTH = 100
"""Characters of a value, or values of a list, with which a queryset is remembered at most."""

_seen: dict[Hashable, Any] = {}
T = TypeVar("T")


def part_of(queryset: QuerySet[Any], part: slice | None) -> Statement | None:
    """Return the compiled query of a part of ``queryset``, of all of it if that is None.

    None if it is for Django to make it.
    """
    key = _key(queryset)
    if key is None:
        return None
    alias = queryset.db
    if part is None:
        return _again((key, alias), lambda: compiled(queryset, alias))
    found = queryset[part]
    return _again((key, alias, part.start, part.stop), lambda: compiled(found, alias))


def by_key_in(queryset: QuerySet[Any], lookup: str) -> KeyStatement | None:
    """Return the compiled query for that of ``queryset`` which ``lookup`` leads to, or None."""
    key, column = _key(queryset), plain_key(queryset.model, lookup)
    if key is None or column is None:
        return None
    alias = queryset.db
    return _again((key, alias, lookup), lambda: compiled_by_key(queryset, alias, lookup, column))


def _again(key: Hashable, make: Callable[[], T]) -> T | None:
    """What ``make`` gives, from the second time on; most querysets of a search come once."""
    found = _seen.get(key, _NEVER)  # at once, for another call may forget it
    if found is _NEVER:
        if len(_seen) >= LIMIT:
            _seen.clear()
        _seen[key] = _ONCE
        return None
    if found is _ONCE:
        found = _seen[key] = make()
    return found  # type: ignore[no-any-return]


def _key(queryset: QuerySet[Any]) -> Hashable | None:
    """What is equal for equal queries of one table."""
    query: Any = queryset.query
    if len(query.alias_map) > 1 or not is_constant(queryset):
        return None
    try:
        condition = _condition(query.where)
    except _TooLongError:
        return None
    order = query.order_by, query.default_ordering, query.standard_ordering
    return queryset.model, tuple(query.alias_map), order, condition


def _condition(node: Any) -> Hashable:
    if type(node) is WhereNode:
        return node.connector, node.negated, tuple(map(_condition, node.children))
    return type(node), node.lhs.alias, node.lhs.target, _value(node.rhs)


def _value(value: Any) -> Hashable:
    if isinstance(value, Sized) and len(value) > LENGTH:
        raise _TooLongError
    # With the type, for True is equal to 1, and is not the same in SQL.
    if isinstance(value, set | frozenset):
        return type(value), frozenset(map(_value, value))
    return type(value), tuple(map(_value, value)) if isinstance(value, list | tuple) else value


class _TooLongError(Exception):
    """A client could fill the memory with what is remembered."""


_NEVER: Any = object()
_ONCE: Any = object()


def _forget(**_: Any) -> None:
    _seen.clear()


setting_changed.connect(_forget)
