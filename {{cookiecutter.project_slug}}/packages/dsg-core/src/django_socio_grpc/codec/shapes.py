"""What of a serializer's fields decides about what they show.

A handler may have changed the fields of its serializer, so that one caller sees less.
"""

from collections.abc import Mapping
from typing import Any

from rest_framework.fields import Field, empty
from rest_framework.serializers import BaseSerializer

SHOWN = (
    "allow_null",
    "binary",
    "coerce_to_string",
    "decimal_places",
    "encoder",
    "format",
    "get_attribute",
    "localize",
    "max_digits",
    "method_name",
    "normalize_output",
    "required",
    "rounding",
    "slug_field",
    "source",
    "source_attrs",
    "timezone",
    "to_representation",
    "uuid_format",
    "write_only",
)
"""Attributes of DRF's fields, and methods, for someone may give a field one of its own.

A field of an app's own class is not compiled, and nor are files, links and methods: each
serializer's own field is used.
"""

HELD = ("child", "child_relation", "pk_field")


def shape_of(fields: Mapping[str, Any]) -> list[Any]:
    """Return what is equal for fields that show a row in the same way.

    What nested serializers show is not in it.
    """
    return [(name, *_shape(field)) for name, field in fields.items()]


def _shape(field: Any) -> list[Any]:
    state = vars(field)
    held = [state[name] for name in HELD if name in state]
    inner = [_shape(each) for each in held if _is_plain(each)]
    return [type(field), state["default"] is empty, *map(state.get, SHOWN), *inner]


def _is_plain(held: Any) -> bool:
    return isinstance(held, Field) and not isinstance(held, BaseSerializer)
