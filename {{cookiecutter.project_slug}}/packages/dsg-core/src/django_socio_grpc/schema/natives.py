"""Short ways from an attribute to the wire, past DRF's ``to_representation``, with equal results.

Each takes a stock field and returns a function, or None if the field is declared in a way that
needs ``to_representation``. The function raises TypeError or AttributeError for an attribute that
is not of the field's own type.
"""

import datetime
from collections.abc import Callable
from typing import Any, TypeAlias

from django.conf import settings
from rest_framework import ISO_8601
from rest_framework.settings import api_settings

from django_socio_grpc.schema.texts import (
    InTimeZone,
    date_text,
    decimal_text,
    moment_text,
    naive_text,
    uuid_text,
)
from django_socio_grpc.schema.values import encode_date

Convert: TypeAlias = Callable[[Any], Any]

NUMBERS = frozenset({int, float, str})
"""Types, beside its own, of a value that a DecimalField rounds."""


def native_uuid(field: Any) -> Convert | None:
    return uuid_text if field.uuid_format == "hex_verbose" else None


def native_date(field: Any) -> Convert | None:
    return date_text if _is_iso(field, api_settings.DATE_FORMAT) else None


def native_time(field: Any) -> Convert | None:
    iso = _is_iso(field, api_settings.TIME_FORMAT)
    return _exactly(datetime.time, datetime.time.isoformat) if iso else None


def native_datetime(field: Any) -> Convert | None:
    if hasattr(field, "timezone") or not _is_iso(field, api_settings.DATETIME_FORMAT):
        return None
    return InTimeZone(moment_text) if settings.USE_TZ else naive_text


def native_timestamp(field: Any) -> Convert | None:
    if not settings.USE_TZ or not _is_plain(field, api_settings.DATETIME_FORMAT):
        return None

    def native(value: Any) -> datetime.datetime:
        if value.tzinfo is None:
            raise TypeError(f"{value!r} has no time zone.")
        return value  # type: ignore[no-any-return]  # or a message does not take it

    return native


def native_date_parts(field: Any) -> Convert | None:
    is_plain = _is_plain(field, api_settings.DATE_FORMAT)
    return _exactly(datetime.date, encode_date) if is_plain else None


def native_decimal(field: Any) -> Convert | None:
    as_text = getattr(field, "coerce_to_string", api_settings.COERCE_DECIMAL_TO_STRING)
    if not as_text or field.localize or field.normalize_output or field.decimal_places is None:
        return None
    represent, exponent = field.to_representation, -field.decimal_places
    precision = field.max_digits or 0
    short = decimal_text(field.decimal_places, precision)

    def native(value: Any) -> str:
        if value.__class__ in NUMBERS:  # of an instance that was not read from the database
            return str(represent(value))
        text = short(value)
        if text is not None:
            return text
        _, digits, places = value.as_tuple()
        if places == exponent and len(digits) <= precision:  # nothing to round
            return f"{value:f}"
        return str(represent(value))

    return native


def _exactly(cls: type[Any], convert: Convert) -> Convert:
    def native(value: Any) -> Any:
        if value.__class__ is not cls:
            raise TypeError(f"{value!r} is not a {cls.__name__}.")
        return convert(value)

    return native


def _is_plain(field: Any, default: Any) -> bool:
    """Whether the field represents its value without loss: as ISO 8601, or as it is."""
    return getattr(field, "format", default) is None or _is_iso(field, default)


def _is_iso(field: Any, default: Any) -> bool:
    return str(getattr(field, "format", default)).lower() == ISO_8601
