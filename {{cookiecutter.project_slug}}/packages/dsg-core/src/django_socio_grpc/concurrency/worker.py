"""A thread of a pool, and what all of them are at."""

import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLoad:
    """Of a pool: the threads that there may be, that may work at once now, that there are, and
    that are at a job; and the jobs that wait for one.
    """

    most: int
    limit: int
    threads: int
    busy: int
    queued: int


class Worker:
    """One thread. It waits at its ``bell``; ``turns`` counts its jobs and its wakings. It is
    ``away`` while its job waits for a client.
    """

    __slots__ = ("awake", "away", "bell", "seen", "since", "thread", "turns")

    def __init__(self) -> None:
        self.bell = threading.Lock()
        self.bell.acquire()
        self.awake = False
        self.away = False
        self.turns = 0
        self.seen = -1
        self.since = 0.0
        self.thread: threading.Thread

    def busy_for(self, now: float) -> float:
        """The seconds since this was first asked while the thread was at the job it is at."""
        if self.seen != self.turns:
            self.seen, self.since = self.turns, now
        return now - self.since
