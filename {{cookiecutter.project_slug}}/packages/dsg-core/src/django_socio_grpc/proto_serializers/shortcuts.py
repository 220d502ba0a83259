"""What DRF works out anew for each serializer, and which the class alone decides."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

from django.db import models
from rest_framework.fields import Field
from rest_framework.serializers import BaseSerializer

from django_socio_grpc.codec.kept import kept
from django_socio_grpc.codec.static import is_stock

OF_A_CALL = frozenset({"context", "partial"})
ROW_VALIDATOR_HOOKS = (
    "get_unique_together_validators",
    "get_unique_for_date_validators",
    "get_unique_together_constraints",
)
UNIQUE_FOR = ("unique_for_date", "unique_for_month", "unique_for_year")


def initial_state(cls: Any, base: type, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what DRF's ``__init__`` would make of ``given``, the keywords of a call's serializer.

    None if it has to run: for a serializer without a context, as one is that is declared as a
    field, and whose place in their order it notes; for other keywords; and where there is another
    ``__init__`` between those of ``base`` and of DRF.
    """
    if not given.get("context") or not given.keys() <= OF_A_CALL:
        return None
    blank = _once(cls, _blank_state, base)
    if blank is None:
        return None
    return {
        **blank,
        "style": {},
        "error_messages": blank["error_messages"].copy(),
        "partial": given.get("partial", False),
        "_context": given["context"],
    }


def has_row_validators(serializer: Any) -> bool:
    """Whether a row may have validators: none, if no constraint of the model spans columns.

    Those of one column are validators of its field.
    """
    meta = serializer.Meta
    if getattr(meta, "validators", None) is not None or _has_constraints(meta.model):
        return True
    return bool(_once(type(serializer), _decides_on_validators))


def are_columns(model: type[models.Model], values: Mapping[str, Any]) -> bool:
    """Whether ``values`` are those of columns, so that DRF has no more to do than to save them.

    A list or a dict for a relation is of a nested serializer, about which DRF has a say.
    """
    columns = _columns_of(model)
    return values.keys() <= columns.keys() and not any(
        columns[name] and isinstance(value, list | dict) for name, value in values.items()
    )


def _once(cls: Any, find: Callable[..., Any], *args: Any) -> Any:
    found = kept(cls)
    if find not in found:
        found[find] = find(cls, *args)
    return found[find]


def _blank_state(cls: Any, base: type) -> dict[str, Any] | None:
    after = cls.__mro__[cls.__mro__.index(base) + 1 :]
    own = [each for each in after if "__init__" in vars(each)]
    is_plain = all(is_stock(cls, name) for name in ("__new__", "__setattr__"))
    if own != [BaseSerializer, Field, object] or not is_plain:
        return None
    blank = cls.__new__(cls)
    BaseSerializer.__init__(blank)
    return {name: value for name, value in vars(blank).items() if name not in {"_args", "_kwargs"}}


def _decides_on_validators(cls: type) -> bool:
    return not all(is_stock(cls, name) for name in ROW_VALIDATOR_HOOKS)


@functools.cache
def _has_constraints(model: type[models.Model]) -> bool:
    meta = model._meta
    options = [meta, *(parent._meta for parent in meta.parents)]
    return any(each.unique_together or each.constraints for each in options) or any(
        getattr(column, name) for column in meta.fields for name in UNIQUE_FOR
    )


@functools.cache
def _columns_of(model: type[models.Model]) -> dict[str, bool]:
    """The names of the columns, and whether each is a relation."""
    return {column.name: column.is_relation for column in model._meta.concrete_fields}
