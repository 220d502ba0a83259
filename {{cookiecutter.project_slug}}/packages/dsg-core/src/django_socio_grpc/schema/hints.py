"""The proto type of a Python annotation: ``-> list[str]`` is ``repeated string``."""

import datetime
import enum
import ipaddress
import types
import typing
import uuid
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from rest_framework.serializers import BaseSerializer

from django_socio_grpc.exceptions import ProtoRegistrationError
from django_socio_grpc.schema.model import STRUCT, FieldCardinality

VALUE = "google.protobuf.Value"
LIST_VALUE = "google.protobuf.ListValue"

HintType: TypeAlias = str | type[BaseSerializer[Any]] | type[enum.Enum]

# In order: a bool is an int, and an Enum of text or numbers is both.
PYTHON_SCALARS: tuple[tuple[type, str], ...] = (
    (bool, "bool"),
    (int, "int32"),
    (float, "double"),
    (str, "string"),
    (bytes, "bytes"),
    (Decimal, "string"),
    (datetime.date, "string"),
    (datetime.time, "string"),
    (datetime.timedelta, "string"),
    (uuid.UUID, "string"),
    (ipaddress.IPv4Address, "string"),
    (ipaddress.IPv6Address, "string"),
    (enum.Enum, "string"),
    (Mapping, STRUCT),
)


def annotation_type(hint: Any) -> tuple[HintType, FieldCardinality]:
    """Return the proto type, serializer class or enum class, and the cardinality of ``hint``.

    ``hint`` is evaluated, as ``typing.get_type_hints`` gives it.

    Raises:
        ProtoRegistrationError: no proto type stands for ``hint``.

    >>> annotation_type(list[int])
    ('int32', <FieldCardinality.REPEATED: 'repeated'>)
    """
    hint, nullable = _without_none(_bare(hint))
    origin = typing.get_origin(hint) or hint
    if _is_list(origin):
        element = next((arg for arg in typing.get_args(hint) if arg is not ...), str)
        return _element_type(_bare(element)), FieldCardinality.REPEATED
    return _leaf_type(hint), FieldCardinality.OPTIONAL if nullable else FieldCardinality.NONE


def _bare(hint: Any) -> Any:
    """``hint`` without Annotated and NewType; a Literal as the type of its values."""
    if isinstance(hint, typing.NewType):
        return _bare(hint.__supertype__)
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        return _bare(typing.get_args(hint)[0])
    if origin is typing.Literal:
        kinds = {type(value) for value in typing.get_args(hint)}
        return kinds.pop() if len(kinds) == 1 else hint
    return hint


def _without_none(hint: Any) -> tuple[Any, bool]:
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return hint, False
    members = [arg for arg in typing.get_args(hint) if arg is not types.NoneType]
    if len(members) != 1:
        raise _no_type(hint)
    return _bare(members[0]), True


def _is_list(origin: Any) -> bool:
    return (
        isinstance(origin, type)
        and issubclass(origin, Iterable)
        and not issubclass(origin, str | bytes | Mapping | enum.Enum | BaseSerializer)
    )


def _element_type(hint: Any) -> HintType:
    hint, _ = _without_none(hint)
    return LIST_VALUE if _is_list(typing.get_origin(hint) or hint) else _leaf_type(hint)


def _leaf_type(hint: Any) -> HintType:
    if hint is Any or hint is object:
        return VALUE
    cls = typing.get_origin(hint) or hint
    if isinstance(cls, type):
        if issubclass(cls, BaseSerializer | enum.Enum):
            return cls
        if (proto := scalar_type(cls)) is not None:
            return proto
    raise _no_type(hint)


def scalar_type(cls: type) -> str | None:
    """Return the proto type of what is of the class ``cls``; a TextChoices is text."""
    return next((proto for base, proto in PYTHON_SCALARS if issubclass(cls, base)), None)


def _no_type(hint: Any) -> ProtoRegistrationError:
    return ProtoRegistrationError(
        f"No proto type stands for the annotation {hint!r}. Use int, float, str, bool, bytes, "
        "dict, Decimal, a date, time or UUID, a serializer class, list[...] or '... | None' of "
        "one of these."
    )
