"""The queryset of a class: what each call gets of it, and what is compiled of it."""

from typing import Any
from weakref import WeakSet

from django.core.signals import setting_changed
from django.db.models import Model, QuerySet

from django_socio_grpc.queries.constant import is_constant
from django_socio_grpc.queries.keys import plain_key
from django_socio_grpc.queries.statement import (
    KeyStatement,
    Statement,
    compiled,
    compiled_by_key,
)


class FreshQuerySet:
    """A class attribute with a queryset, of which each access gets a copy.

    So rows that a handler reads from ``self.queryset`` are never those of a call before.
    """

    def __init__(self, queryset: QuerySet[Any]) -> None:
        self.queryset = queryset
        self.model: type[Model] = queryset.model
        self._all: dict[str, Statement | None] = {}
        self._by_key: dict[tuple[str, str], KeyStatement | None] = {}
        _known.add(self)

    def __get__(self, instance: object, owner: type) -> Any:
        return self.queryset.all()

    def statement(self) -> Statement | None:
        """Return the compiled query of all rows, or None if it is for Django to make it.

        It is that of the database which the router chooses now.
        """
        alias = self.queryset.db
        try:
            return self._all[alias]
        except KeyError:
            found = compiled(self.queryset, alias) if is_constant(self.queryset) else None
            self._all[alias] = found
            return found

    def statement_by_key(self, lookup: str) -> KeyStatement | None:
        """Return the compiled query of the one that has a value, or None as ``statement``.

        ``lookup`` is the ORM's path to the column of the value.
        """
        alias = self.queryset.db
        try:
            return self._by_key[alias, lookup]
        except KeyError:
            column = plain_key(self.model, lookup) if is_constant(self.queryset) else None
            if column is None:
                found = None
            else:
                found = compiled_by_key(self.queryset, alias, lookup, column)
            self._by_key[alias, lookup] = found
            return found

    def forget(self) -> None:
        """Compile anew what is asked for from now on."""
        self._all.clear()
        self._by_key.clear()


_known: WeakSet[FreshQuerySet] = WeakSet()


def _forget(**_: Any) -> None:
    for fresh in list(_known):
        fresh.forget()  # time zones and databases are settings


setting_changed.connect(_forget)
