"""Texts of moments, dates, keys and prices: equal to those of DRF's fields, whatever they are."""

import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from django_socio_grpc.schema.texts import (
    InTimeZone,
    current_time_zone,
    date_text,
    decimal_text,
    moment_text,
    naive_text,
    uuid_text,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rest_framework import serializers

UTC = datetime.UTC
ZONES = ["UTC", "Etc/UTC", "Europe/London", "Asia/Tokyo", "America/Chicago", "Africa/Monrovia"]

quick = settings(max_examples=150, deadline=None, derandomize=True)
moments = st.datetimes(
    # A day from both ends, which another time zone may go beyond.
    min_value=datetime.datetime(1, 1, 2),
    max_value=datetime.datetime(9999, 12, 30),
    timezones=st.timezones() | st.just(UTC),
)
FOLDED = datetime.datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo("Europe/London"))


class Moment(datetime.datetime):
    """What a test freezes, or a database driver gives."""


@pytest.mark.parametrize("name", ZONES)
def test_a_moment_is_as_drf_has_it_in_the_current_time_zone(name: str) -> None:
    field = serializers.DateTimeField()

    @quick
    @given(moments)
    @example(datetime.datetime(999, 1, 2, 3, 4, 5, tzinfo=UTC))
    @example(datetime.datetime(2026, 1, 2, 3, 4, 5, 7, tzinfo=UTC))
    @example(FOLDED)
    @example(FOLDED.replace(fold=1))
    @example(Moment(2026, 1, 2, tzinfo=UTC))
    @example(datetime.datetime(2026, 1, 2, tzinfo=ZoneInfo("UTC")))
    @example(datetime.datetime(1900, 1, 2, tzinfo=UTC))  # offsets had seconds
    def check(moment: datetime.datetime) -> None:
        assert moment_text(moment, current_time_zone()) == field.to_representation(moment)
        assert InTimeZone(moment_text)(moment) == field.to_representation(moment)

    with timezone.override(name):
        check()


def test_utc_is_the_one_that_databases_give() -> None:
    assert current_time_zone() is UTC
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert current_time_zone() is ZoneInfo("Asia/Tokyo")


@quick
@given(st.dates())
def test_a_date_is_as_drf_has_it(date: datetime.date) -> None:
    assert date_text(date) == serializers.DateField().to_representation(date)


@quick
@given(st.uuids())
def test_a_key_is_as_drf_has_it(key: Any) -> None:
    assert uuid_text(key) == serializers.UUIDField().to_representation(key)


@quick
@given(
    st.decimals(allow_nan=False, allow_infinity=False)
    | st.decimals(min_value=-(10**6), max_value=10**6, places=4),
    st.integers(0, 5),
)
@example(Decimal("-0.00"), 2)
@example(Decimal("1.1E-7"), 4)
@example(Decimal("1E+5"), 2)
@example(Decimal("5"), 0)
def test_a_price_is_as_drf_has_it_or_left_to_it(price: Decimal, places: int) -> None:
    field = serializers.DecimalField(max_digits=8, decimal_places=places)
    text = decimal_text(places, 8)(price)
    assert text is None or text == field.to_representation(price)


def test_a_price_of_the_right_places_is_not_left_to_drf() -> None:
    convert = decimal_text(2, 8)
    texts = ["0.00", "-1.50", "12.30", "123456.78"]
    assert [convert(Decimal(text)) for text in texts] == texts
    assert [convert(Decimal(text)) for text in ("12.3", "1234567.89", "NaN", "Infinity")] == [
        None
    ] * 4


@pytest.mark.parametrize(
    ("convert", "values"),
    [
        (naive_text, ["2026-01-02", FOLDED, datetime.date(2026, 1, 2)]),
        (date_text, ["2026-01-02", datetime.datetime(2026, 1, 2), 5]),
        (uuid_text, ["7", 7]),
        (decimal_text(2, 8), ["1.00", 1, 1.5]),
        (InTimeZone(moment_text), ["2026", datetime.datetime(2026, 1, 2)]),
        (InTimeZone(moment_text), [datetime.time(1, tzinfo=UTC), datetime.date(2026, 1, 2)]),
    ],
)
def test_a_value_of_another_type_is_refused(convert: Any, values: list[Any]) -> None:
    for value in values:
        with pytest.raises((TypeError, AttributeError)):
            convert(value)
