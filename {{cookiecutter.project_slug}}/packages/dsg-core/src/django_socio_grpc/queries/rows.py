"""The rows of a queryset, as instances or, without any, as the values of their columns."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from django.db.models import Model, QuerySet

from django_socio_grpc.queries.seen import part_of
from django_socio_grpc.queries.statement import Columns


class Rows:
    """Rows of ``model`` as the values of their columns, by ``columns()``.

    ``instance`` makes one of them an instance. To whoever does not read columns they are what
    ``instances()`` gives, the queryset or a list.
    """

    def __init__(
        self,
        model: type[Model],
        columns: Callable[[], Sequence[Columns]],
        instance: Callable[[Columns], Any],
        instances: Callable[[], Any],
    ) -> None:
        self.model, self.columns, self.instance = model, columns, instance
        self._instances = instances

    def __iter__(self) -> Iterator[Any]:
        return iter(self._instances())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._instances(), name)


def rows_by(queryset: QuerySet[Any]) -> Rows:
    """Return the rows of a queryset that is whole and not evaluated."""
    return _rows(queryset, lambda: _columns(queryset, None), lambda: queryset)


class PagedRows:
    """A queryset as ``rows_by`` takes it, for a paginator that counts it and takes a part.

    The part is rows as well, for ``page``.
    """

    def __init__(self, queryset: QuerySet[Any]) -> None:
        self._queryset = queryset

    def __getitem__(self, part: slice) -> Sequence[Columns]:
        return _columns(self._queryset, part)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._queryset)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queryset, name)

    def page(self, items: list[Columns]) -> Rows:
        """Return the rows of a page, of which the paginator has the ``items``."""
        instance = partial(_instance, self._queryset)
        return _rows(self._queryset, lambda: items, lambda: list(map(instance, items)))


def _rows(
    queryset: QuerySet[Any],
    columns: Callable[[], Sequence[Columns]],
    instances: Callable[[], Any],
) -> Rows:
    return Rows(queryset.model, columns, partial(_instance, queryset), instances)


def _columns(queryset: QuerySet[Any], part: slice | None) -> Sequence[Columns]:
    statement = part_of(queryset, part)
    if statement is not None:
        return statement.rows()
    found = queryset if part is None else queryset[part]
    return list(found.values_list(*_names(queryset)))


def _instance(queryset: QuerySet[Any], row: Columns) -> Any:
    return queryset.model.from_db(queryset.db, _names(queryset), row)


def _names(queryset: QuerySet[Any]) -> list[str]:
    return [column.attname for column in queryset.model._meta.concrete_fields]
