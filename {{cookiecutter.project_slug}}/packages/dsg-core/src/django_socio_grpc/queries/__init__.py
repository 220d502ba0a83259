"""Queries that are compiled once: for rows, straight into messages, and for a new one."""

from django_socio_grpc.queries.fresh import FreshQuerySet
from django_socio_grpc.queries.hooks import fresh_queryset
from django_socio_grpc.queries.inserts import create
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
    "create",
    "fresh_queryset",
    "key_column",
    "not_found",
    "retrieved",
    "rows_of",
    "streamed",
    "with_related",
]
