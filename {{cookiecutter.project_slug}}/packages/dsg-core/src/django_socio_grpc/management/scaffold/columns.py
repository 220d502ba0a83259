"""``--fields "title:str pages:int?"``: the columns of a new model."""

import keyword
from dataclasses import dataclass

from django.core.management.base import CommandError
from django.db.models import Model

NULLABLE = "null=True, blank=True"
KINDS = {
    "str": ("CharField", "max_length=200", '"Anything"'),
    "text": ("TextField", "", '"Anything at all"'),
    "slug": ("SlugField", "", '"any-thing"'),
    "email": ("EmailField", "", '"ann@example.org"'),
    "url": ("URLField", "", '"https://example.org/"'),
    "int": ("IntegerField", "", "3"),
    "float": ("FloatField", "", "2.5"),
    "decimal": ("DecimalField", "max_digits=12, decimal_places=2", '"2.50"'),
    "bool": ("BooleanField", "default=False", "True"),
    "date": ("DateField", "", '"2030-01-02"'),
    "datetime": ("DateTimeField", "", '"2030-01-02T03:04:05Z"'),
    "time": ("TimeField", "", '"03:04:05"'),
    "uuid": ("UUIDField", "", '"6f7a3c1e-0d0b-4c7e-9d4e-2f6a1b3c5d7e"'),
}
"""The class of each kind, its arguments, and a value for tests, which an object and a request
both take."""

MESSAGES = {
    "date": '{"year": 2030, "month": 1, "day": 2}',
    "datetime": '{"seconds": 1893553445}',
}
"""The same values for a request, where WELL_KNOWN_TYPES makes messages of them."""

TEXTS = {"str", "text", "slug", "email", "url"}
"""Kinds whose empty value is a text, not null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A field of a new model. ``optional`` ones may be null or, if they are texts, empty."""

    name: str
    kind: str
    optional: bool

    @property
    def declaration(self) -> str:
        """The line of the model that declares it."""
        cls, arguments, _ = KINDS[self.kind]
        empty = ("blank=True" if self.kind in TEXTS else NULLABLE) if self.optional else ""
        given = ", ".join(filter(None, [arguments, empty]))
        return f"{self.name} = models.{cls}({given})"

    @property
    def sample(self) -> str:
        """A value, as Python source."""
        return KINDS[self.kind][2]


def read_columns(text: str) -> tuple[Column, ...]:
    """Return the columns that ``NAME:KIND`` and ``NAME:KIND?`` describe.

    Raises:
        CommandError: a name cannot be that of a field, or there is no such kind.
    """
    columns = tuple(_column(item) for item in text.split())
    names = [column.name for column in columns]
    if not columns:
        raise CommandError('--fields is empty. Give NAME:KIND of each, as "title:str pages:int?".')
    for name in names:
        if names.count(name) > 1:
            raise CommandError(f"--fields: {name!r} is there twice.")
    return columns


def _column(item: str) -> Column:
    name, colon, kind = item.partition(":")
    optional = kind.endswith("?")
    kind = kind.removesuffix("?") if colon else "str"
    if reason := _reason(name):
        raise CommandError(f"--fields: {name!r} cannot be the name of a field: {reason}.")
    if kind not in KINDS:
        raise CommandError(
            f"--fields: {item!r}: there is no kind {kind!r}, but {', '.join(KINDS)}, each with a "
            "? for one that may be empty. Add any other field to the model afterwards."
        )
    if kind == "bool" and optional:
        raise CommandError(f"--fields: {item!r}: a bool has a default. Leave the ? out.")
    return Column(name=name, kind=kind, optional=optional)


def _reason(name: str) -> str:
    """Why ``name`` cannot be the name of a field; empty if it can."""
    if not name.isidentifier() or not name.isascii() or name != name.lower():
        return "it is not made of lower-case letters, digits and underscores, with a letter first"
    if name.startswith("_") or name.endswith("_") or "__" in name:
        return "Django gives underscores at the ends, and two of them, a meaning"
    if keyword.iskeyword(name):
        return "it is a keyword of Python"
    if name in {"id", "objects"} or hasattr(Model, name):
        return "every model has it"
    return ""
