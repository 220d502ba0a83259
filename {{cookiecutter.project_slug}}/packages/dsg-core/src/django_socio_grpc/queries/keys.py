"""The columns that objects are looked up by."""

from functools import cache
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.models import BooleanField, Field, Model

from django_socio_grpc.exceptions import NotFound
from django_socio_grpc.queries.constant import is_djangos
from django_socio_grpc.schema.relations import primary_key

NO_SUCH_OBJECT = (ObjectDoesNotExist, TypeError, ValueError, ValidationError, OverflowError)
"""What a look-up raises if there is no object, or if the value cannot be one of its column."""


def not_found(model: type[Model], value: Any) -> NotFound:
    """What the caller hears who has asked for an object that there is not."""
    return NotFound(f"{model.__name__}: {value!s:.100} not found!")


class NoColumn(LookupError):
    """``step`` of a path is not among the fields ``known``."""

    def __init__(self, step: str, known: list[str]) -> None:
        super().__init__(step, known)
        self.step, self.known = step, known


@cache
def key_column(model: Any, path: str) -> Field:
    """Return the column that the ORM's ``path`` leads to, over relations if it has to.

    Raises:
        NoColumn: the path has a step that is no field.
    """
    column: Any = None
    for step in path.split("__"):
        known = {field.name: field for field in model._meta.fields} if model else {}
        column = primary_key(model) if step == "pk" and model else known.get(step)
        if column is None:
            raise NoColumn(step, list(known))
        model = column.related_model
    return column  # type: ignore[no-any-return]


def plain_key(model: Any, path: str) -> Field | None:
    """Return that column if it is compared with a value in the same way, whatever the value is."""
    try:
        column = key_column(model, path)
    except NoColumn:  # a lookup of the ORM's, as title__iexact
        return None
    return column if is_djangos(column) and not isinstance(column, BooleanField) else None
