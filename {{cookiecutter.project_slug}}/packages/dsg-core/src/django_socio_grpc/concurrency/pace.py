"""How many threads of a pool work at once."""

import threading
from time import monotonic, process_time, sleep
from typing import Protocol

from django_socio_grpc.concurrency.connections import asks_servers

LEAST = 2
"""Threads that work at once however much they compute, of those that there may be: while one
waits for a database's server, which is short, the other computes."""

LEAST_WITHOUT_SERVER = 1
"""The same where each database is a file, which is read by computing."""

TICK = 0.005
"""Seconds between two looks at a pool with jobs queued."""

QUIET = 40
"""Ticks without a job queued after which nobody looks any more."""

STUCK = 0.05
"""Seconds at one job after which a thread is not counted: another may work in its stead."""

IDLE_CPU = 0.8
BUSY_CPU = 0.97
"""Of a core, as used by the process: below the one threads wait, above the other they compute."""


class Paced(Protocol):
    """A pool, as its watch sees it."""

    def queued(self) -> bool: ...
    def stuck(self, seconds: float) -> int: ...
    def allow(self, limit: int) -> None: ...


class Pace:
    """Threads that work at once: between ``least`` and ``most``.

    Python runs one thread at a time. While calls compute, more threads only contend for their
    turn; while calls wait for the database, each thread more is a call more that waits at once.
    """

    __slots__ = ("least", "limit", "most")

    def __init__(self, most: int, least: int | None = None) -> None:
        if least is None:
            least = LEAST if asks_servers() else LEAST_WITHOUT_SERVER
        self.least = min(least, most)
        self.most = most
        self.limit = self.least

    def decide(self, *, cpu: float, late: bool, queued: bool) -> int:
        """Return the limit, after a tick in which the process has used ``cpu`` of a core.

        A tick that is ``late`` may tell of others who have the processor, and not of waiting.
        """
        if cpu < IDLE_CPU:
            if queued:
                more = 1 if late else max(1, self.limit // 2)
                self.limit = min(self.most, self.limit + more)
        elif cpu > BUSY_CPU:
            self.limit = max(self.least, self.limit - max(1, self.limit // 8))
        return self.limit


class Watch:
    """The thread that paces a pool while jobs are queued in it."""

    def __init__(self, pool: Paced, pace: Pace) -> None:
        self._pool = pool
        self._pace = pace
        self._watching = False
        self._stopped = False
        self._bell = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Jobs are queued, and no more threads may work."""
        if self._watching:
            return
        with self._lock:
            if self._watching or self._stopped:
                return
            self._watching = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="grpc-pace", daemon=True)
                self._thread.start()
            self._bell.release()

    def stop(self) -> None:
        self._stopped = True
        self._bell.release()

    def _run(self) -> None:
        while self._bell.acquire() and not self._stopped:
            self._look()

    def _look(self) -> None:
        quiet = 0
        now, used = monotonic(), process_time()
        while not self._stopped:
            sleep(TICK)
            before, used_before = now, used
            now, used = monotonic(), process_time()
            queued = self._pool.queued()
            limit = self._pace.decide(
                cpu=(used - used_before) / (now - before),
                late=now - before > 2 * TICK,
                queued=queued,
            )
            self._pool.allow(limit + self._pool.stuck(STUCK))
            quiet = 0 if queued else quiet + 1
            if quiet > QUIET:
                self._watching = False
                if not self._pool.queued():  # since then, ``begin`` is called for each job
                    return
                self._watching = True
