"""The ways that the field of a message gets its value from a row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from django_socio_grpc.codec.convert import Convert
from django_socio_grpc.schema.texts import InTimeZone

Read: TypeAlias = Callable[[Any], Any]
Bind: TypeAlias = Callable[[Any], Any]
Values: TypeAlias = Callable[..., dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """What is at ``path`` of the row, as it is or converted.

    ``name`` is that of the message's field. With ``optional`` nothing is sent where the path is
    cut off by None, else DRF decides. With ``nulls`` None is converted as well.
    """

    name: str
    path: str
    convert: Convert
    optional: bool = False
    nulls: bool = False

    @property
    def in_zone(self) -> bool:
        return isinstance(self.convert, InTimeZone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    """What another plan reads from the row, or with ``many`` from each row, at ``path``.

    ``values`` is that plan's function, ``in_zone`` whether it needs the time zone, and ``bind``,
    if it needs one, makes what is bound. ``fits`` tells whether it is right for a serializer,
    and ``classes`` are those of the serializers that it is made of.
    """

    name: str
    path: str
    many: bool
    values: Values
    fits: Callable[[Any], bool]
    classes: tuple[type, ...]
    in_zone: bool
    optional: bool = False
    bind: Bind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """What ``read`` gives for the row; ``plain`` gives the same from the value of a column."""

    name: str
    read: Read
    plain: Attribute | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What a function gives for the row that ``bind`` makes in each call from its serializer.

    It may look at the serializer's context.
    """

    name: str
    bind: Bind


Part: TypeAlias = Attribute | Nested | Computed | Bound


def column_of(part: Part) -> Attribute | None:
    """Return what is read where a row is the values of columns, if that is possible."""
    if isinstance(part, Attribute):
        return part
    return part.plain if isinstance(part, Computed) else None


def bind_of(part: Part) -> Bind | None:
    return part.bind if isinstance(part, Nested | Bound) else None


def needs_zone(part: Part) -> bool:
    return isinstance(part, Attribute | Nested) and part.in_zone
