"""What clients send that they should not: each case is asked of both servers."""

from collections.abc import Sequence

from faults.bad_inputs import framing, keys, messages, metadata, requests, values
from faults.case import Case

BAD_INPUTS: Sequence[Case] = sorted(
    [
        *requests.CASES,
        *framing.CASES,
        *messages.CASES,
        *values.CASES,
        *metadata.CASES,
        *keys.CASES,
    ],
    key=lambda case: int(case.id.split()[0]),
)
