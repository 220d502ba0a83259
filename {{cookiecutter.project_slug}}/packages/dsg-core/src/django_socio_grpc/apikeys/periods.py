"""Lengths of time as people write them: ``90d``, ``12h``, ``30m``."""

import re
from datetime import timedelta

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
LONGEST = timedelta(days=36_500)


def read_period(text: str) -> timedelta:
    """Return what ``text`` says.

    Raises:
        ValueError: it is not a number and a unit, or it is more than a hundred years.
    """
    found = re.fullmatch(r"(\d{1,6})([smhdw])", text.strip().lower(), re.ASCII)
    if found is not None:
        period = timedelta(**{UNITS[found[2]]: int(found[1])})
        if period <= LONGEST:
            return period
    raise ValueError(f"{text!r} is no length of time. Give a number and a unit, as in 90d or 12h.")
