"""Objects of a service by compiled queries, as instances or straight as messages."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import Any

from django.db.models import QuerySet

from django_socio_grpc.codec import Encoder
from django_socio_grpc.pagination import counts_and_slices
from django_socio_grpc.queries.constant import is_evaluated, is_whole
from django_socio_grpc.queries.fresh import FreshQuerySet
from django_socio_grpc.queries.hooks import (
    Hooks,
    encoder_of,
    fresh_queryset,
    lets_at_every_object,
)
from django_socio_grpc.queries.keys import NO_SUCH_OBJECT, not_found
from django_socio_grpc.queries.models import has_plain_instances
from django_socio_grpc.queries.related import NOTHING, related_to
from django_socio_grpc.queries.rows import PagedRows, Rows, rows_by
from django_socio_grpc.queries.seen import by_key_in
from django_socio_grpc.queries.statement import KeyStatement, Statement

KEYS = (int, str)
"""Types of values that objects are looked up by."""

_selected = Hooks("get_queryset", "filter_queryset")
_retrieved = Hooks("get_object", "get_serializer", "check_object_permissions", "get_permissions")
_listed = Hooks("get_serializer", "paginate_queryset")
_paged = Hooks("List", "after_action")


def by_key(service: Any, value: Any) -> KeyStatement | None:
    """Return the compiled query for the object that ``service`` looks up by ``value``.

    None where it is for Django to make the query.
    """
    fresh = _fresh(service)
    if fresh is None or related_to(service, fresh.model) != NOTHING:
        return None
    return _by_key(fresh, service, value)


def among(queryset: Any, lookup: str, value: Any) -> Any:
    """Return what finds the one of ``queryset``, which a call has made, that has this ``value``.

    It is the compiled query, or ``queryset`` itself.
    """
    if type(value) not in KEYS or not isinstance(queryset, QuerySet):
        return queryset
    return by_key_in(queryset, lookup) or queryset


def retrieved(service: Any) -> Any:
    """Return the message of the object that ``service`` looks up, straight from its row.

    None where an instance of it is needed, or where it is for Django to make the query.

    Raises:
        NotFound: there is no such object.
    """
    fresh = _fresh(service)
    if fresh is None or not (_retrieved.are_stock(service) and lets_at_every_object(service)):
        return None
    codec = _encoder_of_rows(service, fresh.model)
    if codec is None:
        return None
    value = service.get_lookup_value()
    query = _by_key(fresh, service, value)
    if query is None:
        return None
    try:
        row = query.row(value)
    except NO_SUCH_OBJECT as exc:
        raise not_found(fresh.model, value) from exc
    return codec.encode_columns(service.get_serializer, row, instance=query.statement.instance)


def streamed(service: Any, size: int) -> Iterator[Any] | None:
    """Return the messages of all objects of ``service``, ``size`` of them read at a time.

    None where instances are needed, or where it is for Django to make the query.
    """
    is_unpaged = _listed.are_stock(service) and service.paginator is None
    statement = _statement(service) if is_unpaged else None
    codec = None if statement is None else _encoder_of_rows(service, statement.model)
    if statement is None or codec is None:
        return None
    return _messages(codec, service.get_serializer, statement, size)


def _messages(
    codec: Encoder, make: Callable[[], Any], statement: Statement, size: int
) -> Generator[Any, None, None]:
    with closing(statement.chunks(size)) as chunks:
        for rows in chunks:
            yield from codec.encode_all_columns(make, rows, instance=statement.instance)


def rows_of(service: Any, queryset: Any) -> Any:
    """Return ``queryset``, all objects for a ``List``, such that rows of it may be read.

    It is as it was where instances are needed.
    """
    model = getattr(queryset, "model", None)
    if model is None or not _listed.are_stock(service):
        return queryset
    if _encoder_of_rows(service, model) is None:
        return queryset
    paginator = service.paginator
    if paginator is None and (statement := _statement(service)) is not None:
        return Rows(model, statement.rows, statement.instance, lambda: queryset)
    if not isinstance(queryset, QuerySet) or not is_whole(queryset) or is_evaluated(queryset):
        return queryset
    if paginator is None:
        return rows_by(queryset)
    is_paged = _paged.are_stock(service) and counts_and_slices(paginator)
    return PagedRows(queryset) if is_paged else queryset


def _fresh(service: Any) -> FreshQuerySet | None:
    """The queryset of the class of ``service``, if nothing else decides about its objects."""
    if not _selected.are_stock(service) or service.filter_backends:
        return None
    return fresh_queryset(service)


def _statement(service: Any) -> Statement | None:
    fresh = _fresh(service)
    return None if fresh is None else fresh.statement()


def _by_key(fresh: FreshQuerySet, service: Any, value: Any) -> KeyStatement | None:
    return fresh.statement_by_key(service.get_lookup_field()) if type(value) in KEYS else None


def _encoder_of_rows(service: Any, model: Any) -> Encoder | None:
    """What encodes the rows of ``model`` for ``service``, if that takes no instances of it."""
    codec = encoder_of(service) if has_plain_instances(model) else None
    return codec if codec is not None and codec.reads_columns_of(model) else None
