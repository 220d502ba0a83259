"""Starts workers, replaces those that end, and ends them all."""

import logging
import os
import selectors
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from django_socio_grpc.supervisor.backoff import Backoff
from django_socio_grpc.supervisor.membership import WRONG_CONFIGURATION, Report
from django_socio_grpc.supervisor.signals import Inbox, received
from django_socio_grpc.supervisor.worker import Worker, described

logger = logging.getLogger("django_socio_grpc.workers")

STOP = (signal.SIGTERM, signal.SIGINT)
SIGNALS = (*STOP, signal.SIGHUP, signal.SIGCHLD)
MAX_FAILURES = 5
"""Workers in a row that end before they listen, until there is no use in another one."""
TIME_TO_START = 120.0
"""Seconds until a worker must listen."""
LOOK = 1.0
"""Seconds at most between two looks at the processes."""


class GivenUp(Exception):
    """No worker can be started."""


class Supervisor:
    """Runs ``count`` workers at ``address`` until SIGTERM or SIGINT.

    ``listening(report)`` is called once, when the first of them takes calls; ``say`` gets lines
    for a person. What goes wrong is logged.
    """

    def __init__(
        self,
        count: int,
        address: str,
        listening: Callable[[Report], None],
        say: Callable[[str], None],
    ) -> None:
        self._count = count
        self._address = address
        self._listening = listening
        self._say = say
        self._workers: list[Worker] = []
        self._backoff = Backoff()
        self._due: dict[int, float] = {}
        self._failures = 0
        self._serves = False
        self._outdated: deque[Worker] = deque()
        self._replacing: tuple[Worker, Worker] | None = None  # an old one, by a new one
        self._retiring: Worker | None = None
        self._stopping = False
        self._problem = ""
        self._selector = selectors.DefaultSelector()

    def metrics_ports(self) -> Mapping[int, int]:
        """Where workers show their metrics, by their numbers. May be called from any thread."""
        return {
            worker.number: worker.report.metrics_port
            for worker in tuple(self._workers)
            if worker.report is not None and worker.report.metrics_port is not None
            # Of a worker and the one that has taken its place the latter counts.
            if not worker.is_leaving or self._stopping
        }

    def run(self) -> None:
        """Serve until a signal, and return when all workers have ended.

        Raises:
            GivenUp: it cannot go on, or a worker did not end as it should.
        """
        with received(SIGNALS) as inbox, self._selector:
            self._selector.register(inbox.socket, selectors.EVENT_READ)
            # One before the others: what is wrong with the code shows once, and at once.
            self._start(1)
            while self._workers or self._due:
                self._turn(inbox)
        if self._problem:
            raise GivenUp(self._problem)

    def _turn(self, inbox: Inbox) -> None:
        self._selector.select(self._patience())
        for number in inbox.take():
            if number in STOP:
                self._stop(number)
            elif number == signal.SIGHUP:
                self._reload()
        for worker in list(self._workers):
            was_silent = worker.is_silent
            if worker.hear():
                self._is_listening(worker)
            if worker.is_silent and not was_silent:
                self._selector.unregister(worker.link)
            if (code := worker.exit_code()) is not None:
                self._forget(worker)
                self._has_ended(worker, code)
        self._mind_the_time()
        self._replace_next()

    def _patience(self) -> float:
        now = time.monotonic()
        return max(0.0, min([LOOK, *(due - now for due in self._due.values())]))

    # Beginnings

    def _start(self, number: int) -> Worker:
        worker = Worker(number, self._address)
        self._workers.append(worker)
        self._selector.register(worker.link, selectors.EVENT_READ)
        return worker

    def _is_listening(self, worker: Worker) -> None:
        logger.info("%s listens.", worker)
        self._failures = 0
        if not (self._serves or self._stopping):
            self._serves = True
            assert worker.report is not None
            self._listening(worker.report)
            self._due |= dict.fromkeys(range(2, self._count + 1), time.monotonic())
        if self._replacing is not None and self._replacing[1] is worker:
            self._retiring, _ = self._replacing
            self._replacing = None
            self._retiring.leave(signal.SIGHUP)

    # Ends

    def _forget(self, worker: Worker) -> None:
        self._workers.remove(worker)
        if not worker.is_silent:
            self._selector.unregister(worker.link)
        worker.close()

    def _has_ended(self, worker: Worker, code: int) -> None:
        if worker is self._retiring:
            self._retiring = None
            if not self._outdated:
                self._say("All workers are new.")
        if worker.is_leaving:
            if code and worker.report is not None:  # before that, a signal simply ends it
                logger.error("%s was to end, and ended with %s.", worker, described(code))
                if self._stopping and not self._problem:
                    self._problem = f"{worker} did not end as it should."
        elif self._replacing is not None and self._replacing[1] is worker:
            self._replacing = None
            self._outdated.clear()
            logger.error(
                "%s was to replace another and ended with %s before it listened. Nothing is "
                "reloaded: the workers that serve go on.",
                worker,
                described(code),
            )
        else:
            self._has_crashed(worker, code)

    def _has_crashed(self, worker: Worker, code: int) -> None:
        if worker in self._outdated:
            self._outdated.remove(worker)
        if self._replacing is not None and self._replacing[0] is worker:
            self._replacing = None  # the new one is on its way, and is needed as it is
            logger.error("%s ended with %s.", worker, described(code))
            return
        if worker.report is None:
            self._failures += 1
            if code == WRONG_CONFIGURATION and not self._serves:
                return self._give_up("The server cannot start.")
            if self._failures >= MAX_FAILURES:
                logger.critical("%s ended with %s, and is the last.", worker, described(code))
                return self._give_up(
                    f"{MAX_FAILURES} workers in a row ended before they listened, the last one "
                    f"with {described(code)}. The server ends."
                )
        seconds = self._backoff.after_crash(worker.number, worker.listens_since)
        self._due[worker.number] = time.monotonic() + seconds
        logger.error(
            "%s ended with %s. Another one is started %s.",
            worker,
            described(code),
            f"in {seconds:g} s" if seconds else "now",
        )

    def _give_up(self, problem: str) -> None:
        self._problem = problem
        if not self._stopping:
            self._stop(signal.SIGTERM)

    # What is asked for

    def _stop(self, number: int) -> None:
        if self._stopping:
            # The first process of a container does not have a default action.
            for worker in self._workers:
                worker.kill()
            os._exit(128 + number)
        self._stopping = True
        self._due.clear()
        self._outdated.clear()
        self._replacing = None
        if not self._problem:
            self._say("Stopping: waiting for calls in flight.")
        for worker in self._workers:
            worker.leave(number)

    def _reload(self) -> None:
        if self._stopping:
            return
        self._say("Reloading: new workers take the place of the old ones, one after the other.")
        taken = {self._retiring, *(self._replacing or ())}
        self._outdated = deque(w for w in self._workers if w not in taken and not w.is_leaving)
        if self._replacing is not None:  # it may have read the code before it was changed
            self._outdated.append(self._replacing[1])

    def _replace_next(self) -> None:
        busy: Any = self._replacing or self._retiring
        # One at a time, so that memory and connections are those of one worker more.
        if busy or not self._outdated or self._outdated[0].report is None:
            return
        old = self._outdated.popleft()
        try:
            self._replacing = old, self._start(old.number)
        except OSError as exc:
            self._outdated.clear()
            logger.error("%s is not replaced (%s). The workers that serve go on.", old, exc)

    def _mind_the_time(self) -> None:
        now = time.monotonic()
        for number in [n for n, due in self._due.items() if due <= now]:
            try:
                self._start(number)
                del self._due[number]
            except OSError as exc:  # no memory, processes or files: those that serve go on
                self._due[number] = now + LOOK
                logger.error("Worker %d cannot be started (%s), and is tried again.", number, exc)
        for worker in self._workers:
            if worker.must_end_by is not None and now > worker.must_end_by:
                logger.error("%s does not end, and is killed.", worker)
                worker.must_end_by = now + LOOK
                worker.kill()
            elif worker.report is None and now - worker.begun > TIME_TO_START:
                logger.error("%s does not listen after %g s.", worker, TIME_TO_START)
                worker.kill()
