"""An import path that the documentation uses."""

from django_socio_grpc.placeholders import (
    AttrPlaceholder,
    FnPlaceholder,
    LookupField,
    Placeholder,
    SelfSerializer,
    StrTemplatePlaceholder,
)

__all__ = [
    "AttrPlaceholder",
    "FnPlaceholder",
    "LookupField",
    "Placeholder",
    "SelfSerializer",
    "StrTemplatePlaceholder",
]
