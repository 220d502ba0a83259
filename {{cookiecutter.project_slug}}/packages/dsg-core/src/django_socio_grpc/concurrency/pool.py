"""Threads that run jobs: few while they compute, more while they wait."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any, Generic, TypeAlias, TypeVar

from django_socio_grpc.concurrency.connections import drop_connections, take_connections
from django_socio_grpc.concurrency.jobs import call
from django_socio_grpc.concurrency.pace import STUCK, Pace, Watch
from django_socio_grpc.concurrency.waiting import enter_worker_thread
from django_socio_grpc.concurrency.worker import Worker, WorkLoad

F = TypeVar("F")
Claim: TypeAlias = Callable[[F], bool]
Deliver: TypeAlias = Callable[[F, Any, BaseException | None], None]

IDLE = 60.0
"""Seconds without a job after which a thread ends, and gives its connections back."""


class Pool(Generic[F]):
    """At most ``most`` threads, started on demand, that run jobs in the order they come.

    A job is a function and the future of its result: ``claim`` says whether it is still wanted,
    ``deliver`` takes what it returned or raised, ``after`` comes between it and the next. They run
    in the thread, and must not raise.

    As many threads work at once as ``pace`` allows; without it, as there may be. The one that has
    worked last is woken next, so that the others, and their connections, come to rest. One that
    has rested for ``IDLE`` seconds ends, unless no more than ``kept`` are left. All are daemons,
    so a job that never ends cannot keep the process alive. ``loop`` is what jobs work for, if any.
    """

    def __init__(
        self,
        name: str,
        most: int,
        claim: Claim[F],
        deliver: Deliver[F],
        *,
        after: Callable[[], None] | None = None,
        pace: Pace | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._name = name
        self._most = most
        self._claim = claim
        self._deliver = deliver
        self._after = after
        self._loop = loop
        self.kept = pace.least if pace is not None else 0
        self._limit = pace.limit if pace is not None else most
        self._watch = Watch(self, pace) if pace is not None and pace.least < most else None
        self._jobs: deque[tuple[F, Callable[[], Any]]] = deque()
        self._free: deque[None] = deque()
        """One for each thread that is awake and will look for a job before it rests: taken away
        before a job is, and put back before its result is delivered, to whom the thread is free.
        """
        self._lock = threading.Lock()  # for what follows
        self._workers: list[Worker] = []
        self._resting: list[Worker] = []
        self._awake = 0
        self._started = 0
        self._stopped = False
        self._here = threading.local()

    @property
    def threads(self) -> int:
        """How many there are, at work or at rest."""
        return len(self._workers)

    @property
    def limit(self) -> int:
        """How many may work now."""
        return self._limit

    @property
    def load(self) -> int:
        """How many jobs there are, roughly: they come and go."""
        return len(self._jobs) + self._awake - len(self._free)

    @property
    def workload(self) -> WorkLoad:
        """What the threads are at, for whoever watches the server."""
        return WorkLoad(
            most=self._most,
            limit=self._limit,
            threads=len(self._workers),
            busy=max(0, self._awake - len(self._free)),
            queued=len(self._jobs),
        )

    def put(self, future: F, function: Callable[[], Any]) -> None:
        """Run ``function`` in a thread that is free, or in one more, and deliver the result.

        Raises:
            RuntimeError: the pool has been stopped.
        """
        job = (future, function)
        self._jobs.append(job)
        if self._stopped:
            self._refuse(job)
        elif len(self._jobs) > len(self._free):
            # Not locked, on purpose: a thread that comes to rest looks for jobs once more.
            if self._awake < self._limit:
                self._wake()
            elif self._watch is not None:
                self._watch.begin()

    def stop(self, timeout: float) -> None:
        """End the threads, after the jobs that are queued; wait ``timeout`` seconds at most."""
        deadline = monotonic() + timeout
        with self._lock:
            self._stopped = True
            workers, resting = list(self._workers), list(self._resting)
            self._resting.clear()
            for worker in resting:
                self._rouse(worker)
        for worker in resting:
            worker.bell.release()
        for worker in workers:
            worker.thread.join(max(0, deadline - monotonic()))
        if self._watch is not None:
            self._watch.stop()

    def away(self, is_away: bool) -> None:
        """This thread waits for a client, or does no more: should it be long, another works."""
        self._here.worker.away = is_away

    def queued(self) -> bool:
        """Whether a job waits whose result is still wanted."""
        return any(map(self._wanted, list(self._jobs)))

    def stuck(self, seconds: float) -> int:
        """How many threads have been at the same job for ``seconds`` or more."""
        now = monotonic()
        with self._lock:
            awake = [worker for worker in self._workers if worker.awake]
        return sum(worker.busy_for(now) >= seconds for worker in awake)

    def allow(self, limit: int) -> None:
        """Let ``limit`` threads work at once; wake as many as there are jobs for."""
        now = monotonic()
        away = sum(w.away and w.busy_for(now) >= STUCK for w in tuple(self._workers))
        self._limit = min(limit, self._most + away)
        while self.queued() and self._wake():
            pass

    # Threads

    def _wanted(self, job: tuple[Any, Any]) -> bool:
        return not job[0].cancelled()

    def _refuse(self, job: tuple[F, Callable[[], Any]]) -> None:
        try:
            self._jobs.remove(job)
        except ValueError:
            return  # a thread has taken it before it ended
        raise RuntimeError(f"The threads {self._name!r} have been stopped.")

    def _wake(self) -> bool:
        """Let one more thread work, if it may and there is something to do."""
        with self._lock:
            if self._stopped or self._awake >= self._limit or len(self._jobs) <= len(self._free):
                return False
            worker = self._resting.pop() if self._resting else self._start()
            self._rouse(worker)
        worker.bell.release()
        return True

    def _start(self) -> Worker:
        worker = Worker()
        name = f"{self._name}-{self._started}"
        worker.thread = threading.Thread(target=self._work, args=(worker,), name=name, daemon=True)
        worker.thread.start()
        self._started += 1
        self._workers.append(worker)
        return worker

    def _rouse(self, worker: Worker) -> None:
        self._awake += 1
        worker.awake = True
        worker.turns += 1
        self._free.append(None)

    def _work(self, worker: Worker) -> None:
        if self._loop is not None:
            enter_worker_thread(self._loop)
        take_connections()
        self._here.worker = worker
        jobs, free = self._jobs, self._free
        worker.bell.acquire()
        try:
            while True:
                if jobs and self._awake <= self._limit:
                    free.pop()
                    try:
                        job = jobs.popleft()
                    except IndexError:  # another thread was faster
                        free.append(None)
                        continue
                    self._run(*job)
                    del job  # nothing of a call lives until the next
                    if self._after is not None:
                        self._after()
                    worker.turns += 1
                elif not self._rest(worker):
                    return
        finally:
            drop_connections()

    def _run(self, future: F, function: Callable[[], Any]) -> None:
        if not self._claim(future):
            self._free.append(None)
            return
        try:
            result = call(function)
        except BaseException as exc:  # it crosses to whoever waits, unchanged
            self._free.append(None)
            self._deliver(future, None, exc)
            del future  # the traceback has this frame, and would keep what keeps the traceback
        else:
            self._free.append(None)
            self._deliver(future, result, None)

    def _rest(self, worker: Worker) -> bool:
        """Wait until there is something to do; return False when the thread is to end."""
        with self._lock:
            self._free.pop()
            self._awake -= 1
            if self._jobs and self._awake < self._limit:
                self._rouse(worker)
                return True
            worker.awake = False
            if self._stopped:
                return False
            self._resting.append(worker)
        if self._jobs and self._watch is not None:  # more threads work than may
            self._watch.begin()
        while not worker.bell.acquire(timeout=IDLE):
            with self._lock:
                if worker in self._resting and len(self._workers) > self.kept:
                    self._resting.remove(worker)
                    self._workers.remove(worker)
                    return False
        return True
