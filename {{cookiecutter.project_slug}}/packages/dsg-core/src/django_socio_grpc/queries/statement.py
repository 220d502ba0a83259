"""Queries whose SQL was compiled before, and the rows that they give."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.expressions import Col
from django.db.models.lookups import Exact, IntegerFieldExact
from django.db.models.sql.compiler import SQLCompiler

from django_socio_grpc.queries import moments

Columns: TypeAlias = Sequence[Any]
Converter: TypeAlias = tuple[int, Sequence[Callable[..., Any]], Any]
Range: TypeAlias = tuple[int | None, int | None]

KEY_LOOKUPS = (Exact, IntegerFieldExact)

COMPILER = ("apply_converters", "execute_sql", "get_converters", "results_iter")
"""What a database backend may have a way of its own for; then it is Django that runs a query."""


class Slot(Expression):
    """Stands in a query for the value that each call brings."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A query for rows of ``model``, as the values of all its columns.

    They are in the order of ``model._meta.concrete_fields``, and those that instances have. The
    query takes the way of all of Django's: transactions, logs and wrappers see it.
    """

    alias: str
    model: type[Model]
    sql: str
    params: tuple[Any, ...]
    names: list[str]
    converters: list[Converter]

    def instance(self, row: Columns) -> Any:
        """Return the instance of ``row``, as Django makes it."""
        return self.model.from_db(self.alias, self.names, row)

    def rows(self) -> list[Columns]:
        """Return all rows."""
        connection = connections[self.alias]
        return self.converted(self.fetched(connection, self.params, many=True), connection)

    def fetched(
        self, connection: Any, params: tuple[Any, ...], *, many: bool = False
    ) -> list[Columns]:
        """Return the rows as the database gives them."""
        with connection.cursor() as cursor:
            if many:  # to quicken costs more than a moment or two
                moments.quicken(cursor)
            cursor.execute(self.sql, params)
            return cursor.fetchall()  # type: ignore[no-any-return]

    def converted(self, rows: list[Columns], connection: Any) -> list[Columns]:
        """Return ``rows`` with the values that instances have."""
        if not rows or not self.converters:
            return rows
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        for number, functions, column in self.converters:
            for function in functions:
                columns[number] = [function(item, column, connection) for item in columns[number]]
        return list(zip(*columns, strict=True))

    def chunks(self, size: int) -> Generator[list[Columns], None, None]:
        """Yield the rows in lists of ``size``, as the database sends them."""
        connection = connections[self.alias]
        if not connection.features.can_use_chunked_reads:
            found = self.rows()
            yield from (found[start : start + size] for start in range(0, len(found), size))
            return
        whole = connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS")
        with connection.cursor() if whole else connection.chunked_cursor() as cursor:
            moments.quicken(cursor)
            cursor.execute(self.sql, self.params)
            while found := cursor.fetchmany(size):
                yield self.converted(found, connection)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStatement:
    """The same for those rows, two at most, that have the call's value in ``column``."""

    statement: Statement
    column: Field
    slot: int
    range: Range

    @property
    def model(self) -> type[Model]:
        return self.statement.model

    def get(self, **lookup: Any) -> Any:
        """Return the instance that ``lookup`` finds, as a queryset's ``get`` does."""
        (value,) = lookup.values()
        return self.statement.instance(self.row(value))

    def row(self, value: Any) -> Columns:
        """Return the row whose key is ``value``.

        Raises:
            ObjectDoesNotExist: there is none.
            MultipleObjectsReturned: there are several.
            TypeError, ValueError, ValidationError, OverflowError: the column cannot hold it.
        """
        found = self._found(value)
        if len(found) == 1:
            return found[0]
        model: Any = self.model
        if not found:
            raise model.DoesNotExist(f"There is no {model.__name__} {value!s:.100}.")
        raise model.MultipleObjectsReturned(
            f"There is more than one {model.__name__} with {self.column.name} {value!s:.100}."
        )

    def _found(self, value: Any) -> list[Columns]:
        statement, slot = self.statement, self.slot
        prepared = self.column.get_prep_value(value)
        low, high = self.range
        if (low is not None and prepared < low) or (high is not None and prepared > high):
            return []
        connection = connections[statement.alias]
        prepared = self.column.get_db_prep_value(prepared, connection, prepared=True)
        params = (*statement.params[:slot], prepared, *statement.params[slot + 1 :])
        return statement.converted(statement.fetched(connection, params), connection)


def compiled(queryset: QuerySet[Any], alias: str) -> Statement | None:
    """Return the query of ``queryset``, which is constant, or None if it is not to be compiled."""
    # A connection that nobody opens: what is compiled belongs to no thread.
    connection = connections.create_connection(alias)
    compiler = queryset.query.clone().get_compiler(connection=connection)
    if not _is_stock(type(compiler)) or connection.features.interprets_empty_strings_as_nulls:
        return None
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        return None
    columns = queryset.model._meta.concrete_fields
    selected = [column for column, *_ in compiler.select]
    if not all(type(item) is Col for item in selected):
        return None
    if [item.target for item in selected] != list(columns):
        return None
    return Statement(
        alias=alias,
        model=queryset.model,
        sql=sql,
        params=tuple(params),
        names=[column.attname for column in columns],
        converters=[
            (number, moments.quick(functions), column)
            for number, (functions, column) in compiler.get_converters(selected).items()
        ],
    )


def compiled_by_key(
    queryset: QuerySet[Any], alias: str, lookup: str, column: Field
) -> KeyStatement | None:
    """Return the query of those of ``queryset`` that have a value in ``column``.

    ``lookup`` is the ORM's path to it. None if the query is not to be compiled, or if Django
    looks at the value before it decides how to compare.
    """
    found = queryset.filter(**{lookup: Slot(output_field=column)}).order_by()
    condition: Any = found.query.where.children[-1]
    if type(condition) not in KEY_LOOKUPS or condition.lhs.target is not column:
        return None
    statement = compiled(found[:2], alias)
    if statement is None:
        return None
    (slot,) = (n for n, item in enumerate(statement.params) if isinstance(item, Slot))
    limits: Range = (None, None)
    if isinstance(condition, IntegerFieldExact):
        operations: Any = connections[alias].ops
        limits = operations.integer_field_range(column.get_internal_type())
    return KeyStatement(statement=statement, column=column, slot=slot, range=limits)


def _is_stock(cls: type) -> bool:
    return all(getattr(cls, name) is getattr(SQLCompiler, name) for name in COMPILER)
