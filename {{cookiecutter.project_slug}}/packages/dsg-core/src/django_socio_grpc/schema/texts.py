"""Moments, dates, keys and prices as text, as ``isoformat`` and ``str`` have it, but faster.

Texts of numbers of two or three digits come from tables, which is most of the gain. Each function
raises TypeError or AttributeError for a value that is not of its own type.
"""

import datetime
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

UTC = datetime.UTC
TWO = [f"{number:02}" for number in range(60)]
THREE = [f"{number:03}" for number in range(1000)]


class _Years(dict[int, str]):
    def __missing__(self, year: int) -> str:
        return self.setdefault(year, f"{year:04}")


class _Offsets(dict[datetime.timedelta | None, str]):
    def __missing__(self, offset: datetime.timedelta) -> str:
        text = datetime.time(tzinfo=datetime.timezone(offset)).isoformat()[len("00:00:00") :]
        return self.setdefault(offset, "Z" if text == "+00:00" else text)


YEARS, OFFSETS = _Years(), _Offsets()


@dataclass(frozen=True, slots=True)
class InTimeZone:
    """A conversion to the current time zone, which many values of one call share."""

    convert: Callable[[Any, datetime.tzinfo], Any]

    def __call__(self, value: Any) -> Any:
        return self.convert(value, current_time_zone())


def current_time_zone() -> datetime.tzinfo:
    """Return the time zone that is activated, UTC as databases give it."""
    zone = timezone.get_current_timezone()
    return UTC if getattr(zone, "key", "") == "UTC" else zone


def moment_text(value: Any, zone: datetime.tzinfo) -> str:
    """Return ``value``, an aware datetime, as DRF's DateTimeField represents it in ``zone``."""
    known = value.tzinfo
    if known is not zone:
        if known is None:
            raise TypeError(f"{value!r} has no time zone.")
        value = value.astimezone(zone)
    micros = value.microsecond
    return (
        f"{YEARS[value.year]}-{TWO[value.month]}-{TWO[value.day]}"
        f"T{TWO[value.hour]}:{TWO[value.minute]}:{TWO[value.second]}"
        f"{f'.{THREE[micros // 1000]}{THREE[micros % 1000]}' if micros else ''}"
        f"{'Z' if zone is UTC else OFFSETS[value.utcoffset()]}"
    )


def naive_text(value: Any) -> str:
    """Return ``value``, a datetime of a project without time zones, as DRF represents it."""
    if value.__class__ is not datetime.datetime or value.tzinfo is not None:
        raise TypeError(f"{value!r} is not a naive datetime.")
    return value.isoformat()


def date_text(value: Any) -> str:
    if value.__class__ is not datetime.date:  # a datetime is a date, and DRF refuses it
        raise TypeError(f"{value!r} is not a date.")
    return f"{YEARS[value.year]}-{TWO[value.month]}-{TWO[value.day]}"


def uuid_text(value: Any) -> str:
    if value.__class__ is not uuid.UUID:
        raise TypeError(f"{value!r} is not a UUID.")
    digits = value.int.to_bytes(16, "big").hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def decimal_text(places: int, digits: int) -> Callable[[Any], str | None]:
    """Return what gives the text of a Decimal, or None if it is to be rounded or checked first.

    It is as it is if it has ``places``, two or so, and at most ``digits`` in all.
    """
    longest = digits + len(".")

    def convert(value: Any) -> str | None:
        if value.__class__ is not Decimal:
            raise TypeError(f"{value!r} is not a Decimal.")
        text = str(value)
        # Digits at the end, for it could be as 1.1E-7.
        plain = text[-places - 1 : -places] == "." and text[-places:].isdigit()
        return text if plain and len(text) <= longest else None

    return convert
