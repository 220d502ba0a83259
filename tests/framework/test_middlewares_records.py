"""Records that are made faster than logging makes them, and are the same."""

import asyncio
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django_socio_grpc.middlewares.records import Records

ARGUMENTS = ("Say", "Play")
EXTRA = {"request": object()}
TEXT = "Receive action %s on service %s"
TIMES = ("created", "msecs", "relativeCreated")
SWITCHES = ("logThreads", "logProcesses", "logMultiprocessing", "logAsyncioTasks")
PATH, LINE = __file__, 17


@pytest.fixture
def log() -> logging.Logger:
    return logging.Logger("records")


@pytest.fixture(autouse=True)
def no_factory() -> Iterator[None]:
    factory = logging.getLogRecordFactory()
    logging.setLogRecordFactory(logging.LogRecord)
    yield
    logging.setLogRecordFactory(factory)


def records_of(log: logging.Logger) -> Records:
    return Records(log, logging.INFO, TEXT, PATH, LINE)


def by_logging(log: logging.Logger) -> logging.LogRecord:
    return log.makeRecord(log.name, logging.INFO, PATH, LINE, TEXT, ARGUMENTS, None, extra=EXTRA)


def assert_same(ours: logging.LogRecord, theirs: logging.LogRecord) -> None:
    assert type(ours) is type(theirs)
    state, expected = dict(vars(ours)), dict(vars(theirs))
    for name in TIMES:
        assert type(state[name]) is type(expected[name])
        state.pop(name), expected.pop(name)
    assert state == expected
    assert ours.getMessage() == theirs.getMessage() == "Receive action Say on service Play"
    assert ours.created <= theirs.created
    assert ours.relativeCreated - theirs.relativeCreated == pytest.approx(
        (ours.created - theirs.created) * 1000, abs=1
    )
    assert ours.msecs == int(ours.created % 1 * 1000)


def test_each_is_as_logging_makes_it(log: logging.Logger) -> None:
    records = records_of(log)
    for _ in range(2):
        assert_same(records.make(ARGUMENTS, EXTRA), by_logging(log))


def test_each_says_its_own_thread_and_task(log: logging.Logger) -> None:
    records, pairs = records_of(log), []
    records.make(ARGUMENTS, EXTRA)

    async def note() -> None:
        pairs.append((records.make(ARGUMENTS, EXTRA), by_logging(log)))

    for _ in range(2):
        thread = threading.Thread(target=lambda: asyncio.run(note()))
        thread.start()
        thread.join()
    for pair in pairs:
        assert_same(*pair)
    assert pairs[0][0].threadName != pairs[1][0].threadName


@pytest.mark.parametrize("switch", SWITCHES)
def test_switches_of_logging_count_at_once(
    log: logging.Logger, switch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = records_of(log)
    records.make(ARGUMENTS, EXTRA)
    monkeypatch.setattr(logging, switch, False, raising=False)
    assert_same(records.make(ARGUMENTS, EXTRA), by_logging(log))


FORKS = """
import logging, os
from django_socio_grpc.middlewares.records import Records

records = Records(logging.Logger("records"), logging.INFO, "%s", __name__, 1)
assert records.make((1,), {}).process == os.getpid()
if child := os.fork():
    os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
os._exit(records.make((2,), {}).process != os.getpid())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing forks there")
def test_a_process_that_forks_is_another() -> None:
    subprocess.run([sys.executable, "-c", FORKS], check=True, timeout=60)


def test_a_factory_makes_each_of_them(log: logging.Logger) -> None:
    records = records_of(log)
    records.make(ARGUMENTS, EXTRA)
    made: list[Any] = []

    def factory(*args: Any, **kwargs: Any) -> logging.LogRecord:
        made.append(args)
        return logging.LogRecord(*args, **kwargs)

    logging.setLogRecordFactory(factory)
    for _ in range(2):
        assert_same(records.make(ARGUMENTS, EXTRA), by_logging(log))
    assert len(made) == 4


def test_a_logger_makes_its_own() -> None:
    class Loud(logging.Logger):
        def makeRecord(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
            record = super().makeRecord(*args, **kwargs)
            record.loud = True
            return record

    record: Any = records_of(Loud("loud")).make(ARGUMENTS, EXTRA)
    assert record.loud


def test_what_is_not_known_of_a_record_is_there(
    log: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = logging.LogRecord.__init__

    def initialise(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.weather = "fine"

    monkeypatch.setattr(logging.LogRecord, "__init__", initialise)
    record: Any = records_of(log).make(ARGUMENTS, EXTRA)
    assert record.weather == "fine"
