"""New objects, saved by an INSERT whose SQL was compiled before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.core.signals import setting_changed
from django.db import connections, router, transaction
from django.db.models import Manager, Model
from django.db.models.signals import post_save, pre_save
from django.db.models.sql import InsertQuery
from django.db.models.sql.compiler import SQLInsertCompiler

SAVES = {"save", "save_base", "pk"} | {
    name for name in vars(Model) if name.startswith("_") and not name.endswith("__")
}
"""What a model may override of how it is saved."""

COMPILER = ("as_sql", "execute_sql", "field_as_sql", "pre_save_val", "prepare_value")
"""What a database backend may have a way of its own for; then it is Django that saves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Insert:
    """The INSERT of one row into the table of a model.

    It has a value for each of ``columns``; ``relations`` are those that lead to another object.
    ``key`` is the attribute that the database gives a value, None if it gives none.
    """

    sql: str
    columns: Sequence[Any]
    relations: Sequence[Any]
    key: str | None

    def params(self, instance: Any, connection: Any) -> list[Any] | None:
        """Return the values of ``instance``, or None if it takes another INSERT than this."""
        if (instance.pk is None) is (self.key is None) or not _are_saved(instance, self.relations):
            return None
        found = []
        for column in self.columns:
            value = column.pre_save(instance, add=True)
            if hasattr(value, "resolve_expression") or hasattr(value, "as_sql"):
                return None
            found.append(column.get_db_prep_save(value, connection))
        return found


def create(model: Any, values: Mapping[str, Any]) -> Any:
    """Save a new object of ``model``, as its manager's ``create(**values)`` does, and return it.

    ``values`` are those of columns, by the names of their fields.
    """
    manager = model._default_manager
    if not _is_saved_as_any(model) or pre_save.has_listeners(model):
        return manager.create(**values)
    alias = router.db_for_write(model)
    instance = model(**values)
    if not _insert(instance, alias):
        instance.save(force_insert=True, using=alias)
    return instance


def _insert(instance: Any, alias: str) -> bool:
    """Save ``instance``; return False if that is for Django to do."""
    model, connection = type(instance), connections[alias]
    try:
        insert = _inserts[model, alias]
    except KeyError:
        insert = _inserts[model, alias] = _compiled(instance, connection)
    params = None if insert is None else insert.params(instance, connection)
    if insert is None or params is None:
        return False
    with transaction.mark_for_rollback_on_error(using=alias), connection.cursor() as cursor:
        cursor.execute(insert.sql, params)
        if insert.key is not None:
            (key,) = cursor.fetchone()
            setattr(instance, insert.key, key)
    instance._state.db, instance._state.adding = alias, False
    post_save.send(
        sender=model,
        instance=instance,
        created=True,
        update_fields=None,
        raw=False,
        using=alias,
    )
    return True


def _compiled(instance: Any, connection: Any) -> Insert | None:
    """Return the INSERT of objects as ``instance`` is one, or None if it is not to be compiled."""
    meta = instance._meta
    auto = meta.auto_field
    columns = [column for column in meta.local_concrete_fields if column is not auto]
    returned = [] if auto is None else [auto]
    query = InsertQuery(type(instance))
    query.insert_values(columns, [instance], raw=True)
    compiler: Any = query.get_compiler(connection=connection)
    if not columns or not _is_stock(type(compiler)):
        return None
    if returned and not connection.features.can_return_columns_from_insert:
        return None
    if compiler.get_converters([column.get_col(meta.db_table) for column in returned]):
        return None
    compiler.returning_fields = returned
    ((sql, params),) = compiler.as_sql()
    if not len(params) == len(columns) == sql.count("%"):
        return None
    return Insert(
        sql=sql,
        columns=columns,
        relations=[column for column in columns if column.is_relation],
        key=None if auto is None else auto.attname,
    )


@cache
def _is_saved_as_any(model: Any) -> bool:
    """Whether a new object of ``model`` is one INSERT, of the values that it has."""
    own = model.__mro__[: model.__mro__.index(Model)]
    if any(SAVES & vars(base).keys() for base in own):
        return False
    managers = model._default_manager, model._base_manager
    if any(type(manager) is not Manager for manager in managers):
        return False
    meta = model._meta
    is_plain = not (
        meta.auto_created
        or meta.order_with_respect_to
        or meta.parents
        or meta.private_fields
        or meta.proxy
    )
    returned = [meta.auto_field] if meta.auto_field else []
    return (
        is_plain
        and meta.pk in meta.local_concrete_fields
        and list(meta.db_returning_fields) == returned
        and not any(map(_is_of_the_database, meta.local_concrete_fields))
    )


def _is_of_the_database(column: Any) -> bool:
    """Whether the database has a say in what is in ``column``, or in how it is written."""
    return column.generated or column.has_db_default() or hasattr(column, "get_placeholder")


def _are_saved(instance: Any, relations: Sequence[Any]) -> bool:
    """Whether each object that ``instance`` leads to is there, as it was when it was set."""
    for column in relations:
        if column.is_cached(instance):
            other = getattr(instance, column.name)
            if other is not None and (
                other.pk is None
                or getattr(other, column.target_field.attname) != getattr(instance, column.attname)
            ):
                return False
    return True


def _is_stock(cls: type) -> bool:
    return all(getattr(cls, name) is getattr(SQLInsertCompiler, name) for name in COMPILER)


_inserts: dict[tuple[type[Model], str], Insert | None] = {}


def _forget(**_: Any) -> None:
    _inserts.clear()


setting_changed.connect(_forget)
