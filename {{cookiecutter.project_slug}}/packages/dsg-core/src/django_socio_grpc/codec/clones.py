"""Copies of a bound field, for serializers that each have one of their own.

DRF makes each serializer's field anew, from the arguments that the first was made with. Here the
field is made once, and a copy has what it has become: immutable values are shared, containers and
what else can change is copied, fields within it are copied with it. So what a call does to a
field of its serializer, no other call sees.

A field that only DRF's own way gives is one

- whose class has its own ``__init__``, ``bind`` or another of ``HOOKS``: it may look at the clock,
  the database or its parent;
- whose choices are asked for each time: those of a callable, or files of a folder.

Validators that are given as ``validators=`` are shared by DRF as well; of its own and Django's
there are copies.
"""

import copy
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from django.core import validators as django_validators
from django.db import models
from django.db.models.manager import BaseManager
from rest_framework import validators
from rest_framework.fields import (
    ChoiceField,
    CreateOnlyDefault,
    CurrentUserDefault,
    Field,
)
from rest_framework.utils.formatting import lazy_format

from django_socio_grpc.codec.static import is_stock

Clone: TypeAlias = Callable[[Any], Any]
"""Makes the copy that has the given parent."""

HOOKS = ("__init__", "__new__", "__deepcopy__", "bind", "get_validators")

# Kept for DRF's ``repr`` and ``deepcopy`` alone; or never changed, but as a whole.
SHARED = frozenset({"_args", "_kwargs", "source_attrs", "model_field"})
VALIDATOR_MODULES = frozenset({validators.__name__, django_validators.__name__})


def is_cloneable(field: Any) -> bool:
    """Whether a copy of ``field`` is what DRF would make."""
    if not all(is_stock(type(field), name) for name in HOOKS):
        return False
    if isinstance(field, ChoiceField) and not _has_own_choices(field):
        return False
    return all(is_cloneable(held) for held in vars(field).values() if _is_held(held, field))


def cloner(field: Any) -> Clone:
    """Return what makes copies of ``field``, which is cloneable."""
    cls, shared = type(field), {}
    renewed: list[tuple[str, Callable[[], Any]]] = []
    held: list[tuple[str, Clone, bool]] = []
    for name, value in vars(field).items():
        if name == "parent":
            continue
        renew = None if name in SHARED else _renewal(name, value)
        if _is_held(value, field):
            held.append((name, cloner(value), value.parent is field))
        elif renew is None:
            shared[name] = value
        else:
            renewed.append((name, renew))

    def clone(parent: Any) -> Any:
        made = object.__new__(cls)
        state = made.__dict__
        state.update(shared)
        state["parent"] = parent
        for name, renew in renewed:
            state[name] = renew()
        for name, clone_held, is_bound in held:
            state[name] = clone_held(made if is_bound else None)
        return made

    return clone


def is_immutable(value: Any) -> bool:
    """Whether all may share ``value``. Those that copy.deepcopy does not copy are immutable."""
    if isinstance(value, BaseManager):
        return True
    if isinstance(value, CurrentUserDefault | CreateOnlyDefault):
        return all(map(is_immutable, vars(value).values()))
    return copy.deepcopy(value) is value


def _is_held(value: Any, field: Any) -> bool:
    return isinstance(value, Field) and value is not field.parent


def _has_own_choices(field: Any) -> bool:
    given = field._kwargs.get("choices", *field._args[:1])
    return isinstance(given, list | tuple | dict)


def _renewal(name: str, value: Any) -> Callable[[], Any] | None:
    """What gives each copy its own ``value``; None if they may share it."""
    if isinstance(value, Field):
        return None
    if isinstance(value, models.QuerySet):
        return value.all  # without the rows that someone has read from it
    if name == "_validators":
        return _renewed_validators(value)
    if is_immutable(value):
        return None
    items = value.values() if isinstance(value, dict) else value
    if type(value) in {dict, list, set} and all(map(is_immutable, items)):
        return value.copy  # type: ignore[no-any-return]
    return partial(copy.deepcopy, value)


def _renewed_validators(found: list[Any]) -> Callable[[], list[Any]]:
    if not any(map(_can_change, found)):
        return found.copy
    makers = [_copier(each) if _can_change(each) else partial(_same, each) for each in found]
    return lambda: [make() for make in makers]


def _can_change(validator: Any) -> bool:
    return type(validator).__module__ in VALIDATOR_MODULES and bool(vars(validator))


def _copier(validator: Any) -> Callable[[], Any]:
    cls, state = type(validator), vars(validator)
    message = state.get("message")

    def copied() -> Any:
        made = object.__new__(cls)
        made.__dict__.update(state)
        if isinstance(message, lazy_format):  # once it is text, it keeps to that language
            made.message = copy.copy(message)
        return made

    return copied


def _same(validator: Any) -> Any:
    return validator
