"""Models that have a say of their own when they are saved: each saves "loud" as "LOUD"."""

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Upper


class Row(models.Model):
    text = models.CharField(max_length=20, default="")

    class Meta:
        abstract = True
        app_label = "library"


def own_save(row: Any) -> type[Any]:
    class OwnSave(row):  # type: ignore[misc]
        def save(self: Any, *args: Any, **options: Any) -> None:
            self.text = self.text.upper()
            super().save(*args, **options)

    return OwnSave


def own_manager(row: Any) -> type[Any]:
    class Loud(models.Manager[Any]):
        def create(self, **values: Any) -> Any:
            return super().create(**{**values, "text": values["text"].upper()})

    class OwnManager(row):  # type: ignore[misc]
        objects: ClassVar[Any] = Loud()

    return OwnManager


def expression(row: Any) -> type[Any]:
    class Expression(row):  # type: ignore[misc]
        def __init__(self: Any, *args: Any, **values: Any) -> None:
            super().__init__(*args, **values)
            if self._state.adding and isinstance(self.text, str):
                self.text = Upper(models.Value(self.text))

    return Expression


def of_the_field(row: Any) -> type[Any]:
    class Loud(models.CharField):
        def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
            return "UPPER(%s)"

    class OfTheField(row):  # type: ignore[misc]
        text = Loud(max_length=20)

    return OfTheField
