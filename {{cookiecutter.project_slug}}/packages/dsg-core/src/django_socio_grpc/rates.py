"""How often, as people write it: ``100/minute``."""

import re

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_UNITS = "s|sec|second|m|min|minute|h|hour|d|day"


def read_rate(text: str) -> tuple[int, int]:
    """Return how many times in how many seconds ``text`` says.

    Raises:
        ValueError: it is no rate.
    """
    found = re.fullmatch(r"([1-9]\d{0,8})/" + f"({_UNITS})", text, re.ASCII)
    if found is None:
        raise ValueError(
            f"{text!r} is no rate. Give a number and second, minute, hour or day: 100/minute."
        )
    return int(found[1]), SECONDS[found[2][0]]
