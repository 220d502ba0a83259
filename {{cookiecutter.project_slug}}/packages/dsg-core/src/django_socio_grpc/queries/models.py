"""Whether the rows of a model may do without instances."""

from functools import cache
from typing import Any

from django.db.models import Model
from django.db.models.base import ModelBase
from django.db.models.signals import post_init, pre_init

MADE_BY = ("__init__", "__new__", "__setattr__", "from_db")
"""What a model may override of how an instance is made of a row."""


def has_plain_instances(model: type[Model]) -> bool:
    """Whether nobody would notice that no instance of ``model`` is made of a row."""
    if pre_init.has_listeners(model) or post_init.has_listeners(model):
        return False
    return _is_made_as_any(model)


@cache
def _is_made_as_any(model: Any) -> bool:
    if type(model).__call__ is not ModelBase.__call__:
        return False
    return all(_function(model, name) is _function(Model, name) for name in MADE_BY)


def _function(model: Any, name: str) -> Any:
    found = getattr(model, name)
    return getattr(found, "__func__", found)
