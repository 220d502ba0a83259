"""Records of the log that are made in every call."""

import logging
import os
import sys
from collections.abc import Mapping
from time import time
from typing import Any

from django_socio_grpc.concurrency.whereabouts import task_now, thread_now

SAME = {
    *("exc_info", "exc_text", "filename", "funcName", "levelname", "levelno", "lineno", "module"),
    *("msg", "name", "pathname", "process", "processName", "stack_info"),
}
"""What records of one place in the code have in common, in one process."""

OWN = {"args", "created", "msecs", "relativeCreated", "taskName", "thread", "threadName"}
"""What each has of its own."""


class Records:
    """Records of one text from one place in the code, each as ``Logger.makeRecord`` makes it.

    What they have in common, such as the name of the file, is worked out for the first alone,
    which is most of what one costs. It is for logging where the project has a logger or a factory
    of records of its own, and where Python has something in a record that is not known here.
    """

    def __init__(
        self, logger: logging.Logger, level: int, text: str, path: str, line: int
    ) -> None:
        os.register_at_fork(after_in_child=self._forget)
        self._logger = logger
        self._place = (logger.name, level, path, line, text)
        self._switches: Any = None
        self._state: dict[str, Any] = {}
        self._start = 0.0
        self._is_known = True

    def make(self, args: tuple[Any, ...], extra: Mapping[str, Any]) -> logging.LogRecord:
        """Return the record of now.

        ``args`` are none that logging takes for a dictionary, and ``extra`` adds names that a
        record has not, the same ones each time.
        """
        switches = (
            logging.getLogRecordFactory(),
            logging.logThreads,
            logging.logProcesses,
            logging.logMultiprocessing,
        )
        if switches != self._switches:
            self._begin(switches, extra)
        if not self._is_known:
            return self._logger.makeRecord(*self._place, args, None, extra=extra)
        state = self._state.copy()  # it has all the names: a dictionary that grows costs more
        state["args"] = args
        state["created"] = now = time()
        state["msecs"] = int((now - int(now)) * 1000) + 0.0
        state["relativeCreated"] = (now - self._start) * 1000
        state["thread"], state["threadName"] = thread_now() if logging.logThreads else (None, None)
        if sys.version_info >= (3, 12):
            state["taskName"] = task_now() if logging.logAsyncioTasks else None
        state.update(extra)
        record = logging.LogRecord.__new__(logging.LogRecord)
        record.__dict__ = state
        return record

    def _forget(self) -> None:
        """This is another process."""
        self._switches = None

    def _begin(self, switches: Any, extra: Mapping[str, Any]) -> None:
        first = logging.LogRecord(*self._place, (), None)
        found = vars(first)
        self._state = {**found, **dict.fromkeys(extra)}
        self._start = first.created - first.relativeCreated / 1000
        maker = getattr(self._logger.makeRecord, "__func__", None)
        self._is_known = (
            maker is logging.Logger.makeRecord
            and logging.getLogRecordFactory() is logging.LogRecord
            and found.keys() <= SAME | OWN
        )
        self._switches = switches
