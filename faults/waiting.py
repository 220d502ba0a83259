"""What cases wait for, and what runs meanwhile."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from faults.case import Seen
from faults.load import Load, Tally

STEP = 0.02
"""Seconds between two looks at something that tells of no change by itself."""


def until(happened: Callable[[], object], seconds: float) -> float | None:
    """The seconds until ``happened()``, or None if it has not within ``seconds``."""
    began = time.monotonic()
    while not happened():
        if time.monotonic() - began > seconds:
            return None
        time.sleep(STEP)
    return time.monotonic() - began


def within(what: str, happened: Callable[[], bool], seconds: float) -> Seen:
    """Whether it happens within ``seconds``, and when."""
    took = until(happened, seconds)
    outcome = f"not within {seconds:g} s" if took is None else f"after {took:.1f} s"
    return Seen(what=what, outcome=f"{what} {outcome}", ok=took is not None)


@contextmanager
def loading(load: Load) -> Iterator[Tally]:
    """Make calls for the length of the block. The tally is filled in as they end."""
    tally, ready = Tally(), threading.Event()
    loop = asyncio.new_event_loop()
    over = asyncio.Event()

    async def run() -> None:
        loop.call_soon(ready.set)
        await load.run(until=over, tally=tally)

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    ready.wait()
    try:
        yield tally
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def none_failed(what: str, tally: Tally) -> Seen:
    """Whether all calls of a load went well."""
    outcome = f"{tally.failed} of {tally.calls} calls failed"
    if tally.failed:
        outcome += f" ({', '.join(list(tally.details)[:3])})"
    return Seen(what=what, outcome=outcome, ok=tally.calls > 0 and not tally.failed)


def only(what: str, tally: Tally, *allowed: str) -> Seen:
    """Whether all calls that failed did so with one of the statuses ``allowed``."""
    statuses = {code.name for code in tally.statuses}
    outcome = f"{tally.failed} of {tally.calls} calls failed"
    if tally.failed:
        outcome += f" ({', '.join(sorted(statuses - {'OK'}))})"
    return Seen(what=what, outcome=outcome, ok=tally.calls > 0 and statuses <= {"OK", *allowed})


def connects(port: int) -> bool:
    """Whether something listens on ``port`` of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
