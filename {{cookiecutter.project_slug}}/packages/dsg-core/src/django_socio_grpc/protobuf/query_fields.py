"""What filter backends and paginations let a client ask for, as fields of a message."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from django_socio_grpc.exceptions import ProtoRegistrationError
from django_socio_grpc.protobuf.proto_classes import ProtoField
from django_socio_grpc.schema.model import FieldCardinality
from django_socio_grpc.schema.types import model_field_type

OPENAPI_TYPES = {"boolean": "bool", "integer": "int64", "number": "double"}
NUMBERS = {"int32", "int64", "double", "float"}
OF_SEVERAL = {"in", "range"}
"""Lookups that take several values, in a URL with commas between."""


def filter_fields(service: Any) -> Iterator[ProtoField]:
    """Yield a field for each parameter that a filter backend of ``service`` reads.

    Backends say so by ``get_filterset_class``, which is django-filter's, or by
    ``get_schema_operation_parameters``, which is Django REST framework's.
    """
    for backend_class in service.filter_backends:
        backend = backend_class()
        if hasattr(backend, "get_filterset_class"):
            yield from _of_filterset(backend, service)
        else:
            yield from _parameters(backend, service)


def page_fields(service: Any) -> Iterator[ProtoField]:
    """Yield a field for each parameter that the pagination class of ``service`` reads."""
    for field in _parameters(service.pagination_class(), service):
        if field.field_type == "int64":
            field.field_type = "int32"  # as ``count`` is, and as a client in a browser likes it
        yield field


def _parameters(source: Any, service: Any) -> Iterator[ProtoField]:
    describe = getattr(source, "get_schema_operation_parameters", None)
    for parameter in describe(service) if describe else ():
        schema = parameter.get("schema", {})
        items = schema.get("items", {}) if schema.get("type") == "array" else None
        kind = (schema if items is None else items).get("type")
        yield ProtoField(
            parameter["name"],
            OPENAPI_TYPES.get(kind, "string"),
            FieldCardinality.OPTIONAL if items is None else FieldCardinality.REPEATED,
        )


def _of_filterset(backend: Any, service: Any) -> Iterator[ProtoField]:
    queryset = _queryset(service)
    filterset = backend.get_filterset_class(service, queryset)
    for name, item in {} if filterset is None else filterset.base_filters.items():
        field = item.field
        suffixes = getattr(field.widget, "suffixes", None)
        if isinstance(field, forms.MultiValueField) and suffixes:  # a range: price_min, price_max
            for suffix, part in zip(suffixes, field.fields, strict=False):
                kind = _type(part, queryset.model, item)
                yield _optional(f"{name}_{suffix}" if suffix else name, kind)
        elif isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField):
            yield ProtoField(name, "string", FieldCardinality.REPEATED)
        elif item.lookup_expr in OF_SEVERAL:
            kind = _type(field, queryset.model, item)
            yield ProtoField(name, kind, FieldCardinality.REPEATED)
        else:
            yield _optional(name, _type(field, queryset.model, item))


def _queryset(service: Any) -> Any:
    if service.queryset is not None:
        return service.queryset
    try:
        return service.get_queryset()
    except Exception as exc:  # whatever the code of a service raises without a call
        raise ProtoRegistrationError(
            f"the filters of {type(service).__name__} are those of its model, which must be known "
            f"before any call, but get_queryset() raised {type(exc).__name__}: {exc}. Set the "
            "attribute 'queryset' as well."
        ) from exc


def _optional(name: str, kind: str) -> ProtoField:
    return ProtoField(name, kind, FieldCardinality.OPTIONAL)


def _type(field: forms.Field, model: Any, item: Any) -> str:
    """The proto type of what ``field``, the form field of a filter, takes."""
    match field:
        case forms.BooleanField():
            return "bool"
        case forms.FloatField():
            return "double"
        case forms.DecimalField():  # of any column with numbers, integers too
            kind = _column_type(model, item.field_name)
            return kind if kind in NUMBERS else "string"
        case forms.IntegerField():
            return "int64"
        case _:
            return "string"


def _column_type(model: Any, path: str | None) -> str:
    column: Any = None
    for step in (path or "").split("__"):
        try:
            column = model._meta.get_field(step)
        except (AttributeError, FieldDoesNotExist):
            return ""
        model = column.related_model
    return model_field_type(column) if isinstance(column, models.Field) else ""
