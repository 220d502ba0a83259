"""One lab for each of the two servers, for all cases of a run."""

from collections.abc import Iterator

import pytest

from faults.lab import MODES, Lab

SLACK = 10.0
"""Tests share their machine with others: what they check is what happens, not how soon."""


@pytest.fixture(scope="session", params=MODES)
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    with Lab(request.param, SLACK) as lab:
        yield lab
