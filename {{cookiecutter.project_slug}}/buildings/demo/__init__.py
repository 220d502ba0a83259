"""Demo data: real buildings, and the temperatures of a July day at each of them.

``buildings.csv`` holds, beside what a building is, the offset of its local time from UTC in
hours and the usual lowest and highest temperature of its city in July.
"""

import csv
import math
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

from buildings.models import Building, Temperature

BUILDINGS = Path(__file__).with_name("buildings.csv")
DAY = datetime(2025, 7, 1)
WARMEST_HOUR = 15


def load() -> None:
    """Add what ``buildings.csv`` lists and is not there yet; what is there stays as it is."""
    with BUILDINGS.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            building, _ = Building.objects.get_or_create(
                name=row["name"],
                city=row["city"],
                defaults={
                    "address": row["address"],
                    "country": row["country"],
                    "height_m": float(row["height_m"]),
                    "floors": int(row["floors"]),
                    "opened": int(row["opened"]),
                },
            )
            Temperature.objects.bulk_create(day_of_readings(building, row), ignore_conflicts=True)


def day_of_readings(building: Building, row: dict[str, str]) -> Iterator[Temperature]:
    """The 24 hourly readings of ``DAY`` in local time: one wave between the low and the high."""
    low, high = float(row["low_c"]), float(row["high_c"])
    local_time = timezone(timedelta(hours=float(row["utc_offset"])))
    for hour in range(24):
        wave = math.cos(2 * math.pi * (hour - WARMEST_HOUR) / 24)
        yield Temperature(
            building=building,
            celsius=round((low + high) / 2 + (high - low) / 2 * wave, 1),
            measured_at=DAY.replace(hour=hour, tzinfo=local_time),
        )
