"""What the annotations of classes tell: ``genre: Annotated[CharField, Genre] = ...``."""

import builtins
import enum
import inspect
import sys
import typing
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, TypeAlias

from django.db.models import Choices

from django_socio_grpc.exceptions import ProtoRegistrationError

EnumClass: TypeAlias = type[enum.Enum]


def annotated_enum(cls: type, name: str, *, needed: bool = True) -> EnumClass | None:
    """Return the enum that the annotation of the attribute ``name`` of ``cls`` names.

    None if it is not ``Annotated``, or, unless an enum is ``needed``, with something else.

    Raises:
        ProtoRegistrationError: it is ``Annotated``, but not with one enum of Django's.
    """
    metadata = list(_metadata(cls, name))
    classes = [data for data in metadata if isinstance(data, type) and issubclass(data, enum.Enum)]
    if not classes and not (metadata and needed):
        return None
    if len(classes) == 1 and issubclass(classes[0], Choices):
        return classes[0]
    raise ProtoRegistrationError(
        f"{cls.__qualname__}.{name} is annotated with {', '.join(map(repr, metadata))}. Annotate "
        "a field with one subclass of TextChoices or IntegerChoices: "
        f"`{name}: Annotated[serializers.ChoiceField, MyChoices] = "
        "serializers.ChoiceField(choices=MyChoices)`."
    )


def annotated_text(cls: type, name: str) -> str:
    """Return the text that the attribute ``name`` of ``cls`` is annotated with, or ""."""
    lines = [
        line
        for data in _metadata(cls, name)
        for line in (data if isinstance(data, list | tuple) else [data])
    ]
    return "\n".join(line for line in lines if isinstance(line, str))


def _metadata(cls: type, name: str) -> Iterator[Any]:
    """What ``Annotated`` adds to the annotation of ``name`` in ``cls``, or in a base of it."""
    for base in cls.__mro__:
        annotations = inspect.get_annotations(base)
        if name in annotations:
            hint = _evaluated(base, name, annotations[name])
            if typing.get_origin(hint) is typing.Annotated:
                yield from typing.get_args(hint)[1:]
            return


def _evaluated(cls: type, name: str, hint: Any) -> Any:
    """``hint`` without quotes; None if it cannot be resolved and says nothing of an enum."""
    names = vars(sys.modules.get(cls.__module__, builtins))
    holder: Any = SimpleNamespace(__annotations__={name: hint})
    try:
        return typing.get_type_hints(holder, names, dict(vars(cls)), include_extras=True)[name]
    except (NameError, AttributeError, TypeError) as exc:
        if "Annotated" not in str(hint):
            return None
        raise ProtoRegistrationError(
            f"The annotation of {cls.__qualname__}.{name}, {hint!s}, cannot be resolved: {exc}. "
            "Import what it names at the top of the module, outside of `if TYPE_CHECKING`."
        ) from exc
