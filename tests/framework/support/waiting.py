"""Waiting for what another thread or another process does."""

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 40.0


def until(true: Callable[[], Any], what: str = "it", seconds: float = PATIENCE) -> Any:
    """Wait until ``true()`` is, and return it.

    Raises:
        AssertionError: it is not within ``seconds``; ``what`` says what has not come.
    """
    deadline = time.monotonic() + seconds
    while not (value := true()):
        assert time.monotonic() < deadline, f"{what} has not come within {seconds} s"
        time.sleep(0.01)
    return value
