"""Work for one thread of its own, which takes it many pieces at a time."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Generic, TypeVar

from django_socio_grpc.concurrency.connections import drop_connections

T = TypeVar("T")

ROOM = 10_000
"""Items that may wait. More of them are dropped: memory is not what they may cost."""

MOST = 500
"""Items in a batch."""

PAUSE = 0.05
"""Seconds for which a batch is gathered. A thread that is woken for each item takes the
interpreter from a call each time."""

logger = logging.getLogger("django_socio_grpc.internal")


class Batches(Generic[T]):
    """Hands what it is given to ``take``, in a thread named ``name``, in batches and in order.

    To give costs a call next to nothing, whatever ``take`` does with it, and never waits. What
    ``take`` raises is logged, and its batch is lost. The thread is a daemon, and begins with the
    first item.
    """

    def __init__(
        self, name: str, take: Callable[[Sequence[T]], None], *, room: int = ROOM
    ) -> None:
        self.dropped = 0
        """Items that came when there was no room, or after the end."""
        self._name = name
        self._take = take
        self._room = room
        self._items: deque[T] = deque()
        self._awake = False
        self._bell = threading.Semaphore(0)
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def waiting(self) -> int:
        """How many items no batch has yet."""
        return len(self._items)

    def put(self, item: T) -> None:
        """Give ``item``; from any thread."""
        if len(self._items) >= self._room or self._ending.is_set():
            with self._lock:
                self.dropped += 1
            return
        self._items.append(item)
        if not self._awake:
            self._wake()

    def ends_within(self, seconds: float) -> bool:
        """Wait so long, for ``take`` to try again; return True at once if ``stop`` was called."""
        return self._ending.wait(seconds)

    def stop(self, timeout: float = 5.0) -> None:
        """Let what was given be taken, and end the thread; wait ``timeout`` seconds at most."""
        deadline = monotonic() + timeout
        self._ending.set()
        if self._thread is not None:
            self._wake()
            self._thread.join(max(0.0, deadline - monotonic()))
        if self._items:
            logger.warning("%s: %d records were lost at the end.", self._name, len(self._items))

    def _wake(self) -> None:
        self._awake = True
        self._bell.release()
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        try:
            while True:
                self._bell.acquire()
                self._ending.wait(PAUSE)
                while self._items:
                    self._give()
                self._awake = False
                if self._items:  # it came while nobody would have woken us for it
                    self._wake()
                elif self._ending.is_set():
                    return
        finally:
            drop_connections()

    def _give(self) -> None:
        batch = [self._items.popleft() for _ in range(min(MOST, len(self._items)))]
        try:
            self._take(batch)
        except Exception:
            logger.exception("%s: %d records are lost.", self._name, len(batch))
