"""Whether a serializer class represents its rows by its fields alone."""

import sys
from typing import Any

from rest_framework import serializers

from django_socio_grpc.codec.kept import kept

STOCK = ("rest_framework.", "django_socio_grpc.")

FIELD_HOOKS = (
    "fields",
    "get_fields",
    "get_field_names",
    "get_default_field_names",
    "get_extra_kwargs",
    "get_uniqueness_extra_kwargs",
    "get_unique_together_constraints",
    "include_extra_kwargs",
    "build_field",
    "build_standard_field",
    "build_relational_field",
    "build_nested_field",
    "build_property_field",
    "build_url_field",
    "build_unknown_field",
)
"""What decides which fields there are."""

HOOKS = (
    "__init__",
    "__new__",
    "data",
    "data_to_message",
    "_readable_fields",
    "to_representation",
    *FIELD_HOOKS,
)
"""What decides which fields there are and what they show."""

OPTIONS = (
    "Meta",
    "_declared_fields",
    "serializer_choice_field",
    "serializer_field_mapping",
    "serializer_related_field",
    "serializer_related_to_field",
    "url_field_name",
)
"""What the methods ask that make the fields."""

OF_CLASS = frozenset({*HOOKS, *OPTIONS}) - {"fields"}


def is_as_its_class(serializer: Any) -> bool:
    """Whether nobody has given ``serializer`` hooks or options of its own."""
    return OF_CLASS.isdisjoint(vars(serializer))


def is_static(cls: type) -> bool:
    """Whether the fields of ``cls``, a serializer or list serializer, are those of its class.

    Where one of ``HOOKS`` is overridden, an instance may show other fields, or other values, and
    only DRF's own ``.data`` is right.
    """
    found = kept(cls)
    if is_static not in found:
        known = issubclass(cls, serializers.Serializer | serializers.ListSerializer)
        found[is_static] = known and all(is_stock(cls, name) for name in HOOKS)
    return bool(found[is_static])


def is_stock(cls: type, name: str) -> bool:
    """Whether the attribute ``name`` of ``cls``, if there is one, is DRF's or the framework's."""
    owner = next((base for base in cls.__mro__ if name in vars(base)), object)
    return not is_own(owner)


def is_own(cls: type) -> bool:
    """Whether ``cls`` is an app's, neither DRF's nor the framework's."""
    # Looked up, for a class that ``type()`` made names the module of DRF's metaclass as its own.
    module = sys.modules.get(cls.__module__)
    known = getattr(module, cls.__name__, None) is cls
    return cls is not object and not (known and cls.__module__.startswith(STOCK))
