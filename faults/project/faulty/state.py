"""What a server knows of itself, for tests that count what a fault leaves behind."""

import asyncio
import gc
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_numbers: Counter[str] = Counter()
_lock = threading.Lock()


@contextmanager
def counted(what: str) -> Iterator[None]:
    """Within this block there is one more of ``what``."""
    note(what)
    try:
        yield
    finally:
        note(what, -1)


def note(what: str, number: int = 1) -> None:
    with _lock:
        _numbers[what] += number


def counts() -> Mapping[str, int]:
    """Numbers by name: those of handlers; tasks, threads, files and the time of this process."""
    with _lock:
        own = dict(_numbers)
    # Of every loop, and from any thread: asyncio.all_tasks() tells of one loop only.
    tasks = sum(isinstance(it, asyncio.Task) and not it.done() for it in gc.get_objects())
    return {
        **own,
        "pid": os.getpid(),
        "clock": int(time.time()),
        "tasks": tasks,
        "threads": threading.active_count(),
        "files": len(list(Path("/proc/self/fd").iterdir())),
    }
