"""The types of computed values: what methods and properties say that they return."""

import datetime
import enum
import functools
import inspect
import typing
from collections.abc import Callable
from decimal import Decimal
from types import NoneType, SimpleNamespace
from typing import Any, NamedTuple

from django.utils.functional import cached_property
from rest_framework.serializers import BaseSerializer

from django_socio_grpc.exceptions import ProtoRegistrationError
from django_socio_grpc.schema.hints import annotation_type, scalar_type
from django_socio_grpc.schema.model import FieldCardinality
from django_socio_grpc.schema.proto_types import DATE, DURATION, TIMESTAMP
from django_socio_grpc.settings import grpc_settings

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

WELL_KNOWN = {
    datetime.datetime: TIMESTAMP,
    datetime.date: DATE,
    datetime.timedelta: DURATION,
}


class ReturnType(NamedTuple):
    """``proto`` is a proto type or a serializer class."""

    proto: str | type[BaseSerializer[Any]]
    label: FieldCardinality
    accepts: frozenset[str]


def return_type(function: Callable[..., Any]) -> ReturnType:
    """Return the type that ``function`` is annotated to return.

    Raises:
        ProtoRegistrationError: it has no return annotation, or one that no proto type stands for.
    """
    owner = f"{function.__module__}.{function.__qualname__}"
    hint = _return_hint(owner, function)
    if hint is NoneType:
        raise ProtoRegistrationError(f"{owner} does not say which type it returns. {HELP}")
    try:
        proto, label = annotation_type(hint)
    except ProtoRegistrationError as exc:
        raise ProtoRegistrationError(f"{owner}: {exc}") from exc
    if not isinstance(proto, str) and issubclass(proto, enum.Enum):
        proto = scalar_type(proto) or "string"
    kinds = [hint, *typing.get_args(hint)]
    accepts = frozenset().union(*(types for kind, types in ACCEPTS.items() if kind in kinds))
    known = next((name for kind, name in WELL_KNOWN.items() if kind in kinds), "")
    if known and grpc_settings.WELL_KNOWN_TYPES:
        return ReturnType(known, label, accepts | {"string"})
    return ReturnType(proto, label, accepts | {known} if known else accepts)


def _return_hint(owner: str, function: Callable[..., Any]) -> Any:
    """The return annotation, evaluated; those of the parameters are nobody's business here."""
    annotations = inspect.get_annotations(inspect.unwrap(function))
    holder: Any = SimpleNamespace(
        __annotations__={"return": annotations.get("return")},
        __globals__=getattr(inspect.unwrap(function), "__globals__", {}),
    )
    try:
        return typing.get_type_hints(holder)["return"]
    except (NameError, AttributeError, TypeError, SyntaxError) as exc:
        raise ProtoRegistrationError(
            f"The return annotation of {owner} cannot be resolved: {exc}. Import what it names at "
            "the top of the module, outside of `if TYPE_CHECKING`."
        ) from exc


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
