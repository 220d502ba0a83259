"""The types of computed values: what methods and properties say that they return."""

import functools
import inspect
import typing
from collections.abc import Callable
from decimal import Decimal
from types import NoneType
from typing import Any, NamedTuple

from django.utils.functional import cached_property

from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.schema.hints import ProtoType, annotation_type
from django_socio_grpc.schema.model import FieldCardinality

HELP = (
    "Annotate what it returns, for example `-> str`, `-> int | None`, `-> list[str]` or "
    "`-> QuestionProtoSerializer`."
)
ACCEPTS: dict[Any, frozenset[str]] = {
    int: frozenset({"int64"}),
    float: frozenset({"float"}),
    Decimal: frozenset({"double", "float"}),
}
"""The types that an existing contract may have for a Python type, beside its own."""


class ReturnType(NamedTuple):
    """``proto`` is a proto type or a serializer class."""

    proto: ProtoType
    label: FieldCardinality
    accepts: frozenset[str]


def return_type(function: Callable[..., Any]) -> ReturnType:
    """Return the type that ``function`` is annotated to return.

    Raises:
        ConfigurationError: it has no return annotation, or one that no proto type stands for.
    """
    owner = f"{function.__module__}.{function.__qualname__}"
    try:
        hint = typing.get_type_hints(function).get("return", NoneType)
    except (NameError, AttributeError, TypeError) as exc:
        raise ConfigurationError(
            f"The annotations of {owner} cannot be resolved: {exc}. Import what they name at the "
            "top of the module, outside of `if TYPE_CHECKING`."
        ) from exc
    if hint is NoneType:
        raise ConfigurationError(f"{owner} does not say which type it returns. {HELP}")
    try:
        proto, label = annotation_type(hint)
    except ConfigurationError as exc:
        raise ConfigurationError(f"{owner}: {exc}") from exc
    kinds = [hint, *typing.get_args(hint)]
    accepts = (types for kind, types in ACCEPTS.items() if kind in kinds)
    return ReturnType(proto, label, frozenset().union(*accepts))


def computed_by(model: type, name: str) -> Callable[..., Any] | None:
    """Return the function behind a property, a cached property or a method of ``model``."""
    match inspect.getattr_static(model, name, None):
        case property(fget=function) if function is not None:
            return function
        case cached_property(func=function) | functools.cached_property(func=function):
            return function
        case function if inspect.isfunction(function):
            return function
    return None
