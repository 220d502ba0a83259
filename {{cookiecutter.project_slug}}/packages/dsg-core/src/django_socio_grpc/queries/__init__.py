"""Rows of a service's queryset by queries that are compiled once, straight into messages."""

from django_socio_grpc.queries.fresh import FreshQuerySet
from django_socio_grpc.queries.hooks import fresh_queryset
from django_socio_grpc.queries.keys import NO_SUCH_OBJECT, NoColumn, key_column, not_found
from django_socio_grpc.queries.related import with_related
from django_socio_grpc.queries.rows import PagedRows, Rows
from django_socio_grpc.queries.services import (
    among,
    by_key,
    retrieved,
    rows_of,
    streamed,
)

__all__ = [
    "NO_SUCH_OBJECT",
    "FreshQuerySet",
    "NoColumn",
    "PagedRows",
    "Rows",
    "among",
    "by_key",
    "fresh_queryset",
    "key_column",
    "not_found",
    "retrieved",
    "rows_of",
    "streamed",
    "with_related",
]
