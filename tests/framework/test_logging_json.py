"""Log records as one line of JSON each."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from declared import code_of, stub_of
from django_socio_grpc import log
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from policies import TEXT, as_

logger = logging.getLogger("tests.of.json")
CANARY = "hunter2-the-token"


class Broken(Service):
    @grpc_action(request=TEXT, response=TEXT)
    def Break(self, request: Any, context: Any) -> Any:
        raise ValueError("two\nlines")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the root logger writes by the formatter, DEBUG included."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(log.JSONFormatter())
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


def record_of(text: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord(logger.name, logging.INFO, "", 1, text, args, None)


def read(lines: io.StringIO, name: str = logger.name) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in lines.getvalue().splitlines()]
    return [each for each in found if each["logger"] == name]


def only(lines: io.StringIO) -> dict[str, Any]:
    (line,) = read(lines)
    return line


def test_a_line_has_what_every_record_has(lines: io.StringIO) -> None:
    before = datetime.now(UTC)
    logger.info("hello %s", "world")
    line = only(lines)
    assert (line["level"], line["logger"], line["message"]) == ("INFO", logger.name, "hello world")
    moment = datetime.fromisoformat(line["time"])
    assert moment.utcoffset() is not None
    assert -1 < (moment - before).total_seconds() < 60
    assert line["process"] > 0
    assert line.keys() == {"time", "level", "logger", "process", "message"}


def test_text_of_several_lines_is_one() -> None:
    # Not by a logger: pytest keeps what is logged, and cannot send half of a character elsewhere.
    text = "one\ntwo\r\n\u2028three é \udce4"
    line = log.JSONFormatter().format(record_of(text))
    assert json.loads(line)["message"] == text
    assert len(line.splitlines()) == 1


def test_values_are_carried(lines: io.StringIO) -> None:
    key = UUID(int=7)
    values = {
        "number": 3,
        "share": 0.5,
        "nothing": float("nan"),
        "right": True,
        "key": key,
        "price": Decimal("1.50"),
        "day": date(2030, 1, 2),
    }
    logger.info("x", extra=values)
    line = only(lines)
    assert {name: line[name] for name in values} == {
        **values,
        "nothing": "nan",
        "key": str(key),
        "price": "1.50",
        "day": "2030-01-02",
    }


def test_objects_and_empty_values_are_left_out(lines: io.StringIO) -> None:
    class Secret:
        def __repr__(self) -> str:
            return CANARY

    logger.info("x", extra={"request": Secret(), "headers": {"token": CANARY}, "a": "", "b": None})
    assert CANARY not in lines.getvalue()
    assert only(lines).keys() == {"time", "level", "logger", "process", "message"}


def test_an_attribute_cannot_take_the_place_of_a_standard_one(lines: io.StringIO) -> None:
    logger.info("x", extra={"time": "never", "level": "none", "logger": "other"})
    assert only(lines)["level"] == "INFO"


def test_a_traceback_is_in_the_line(lines: io.StringIO) -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logger.exception("failed")
    line = only(lines)
    assert line["exception"] == "ValueError"
    assert line["traceback"].startswith("Traceback (most recent call last):\n")
    assert line["traceback"].endswith("ValueError: two\nlines")


def test_a_stack_is_in_the_line(lines: io.StringIO) -> None:
    logger.info("here", stack_info=True)
    assert "test_a_stack_is_in_the_line" in only(lines)["stack"]


def test_arguments_that_do_not_fit_lose_no_record() -> None:
    line = log.JSONFormatter().format(record_of("%d of %d", 1))
    assert json.loads(line)["message"] == "%d of %d"


def test_a_failed_call_is_a_line_without_metadata(mode: Mode, lines: io.StringIO) -> None:
    with stub_of(mode, Broken) as stub:
        code = code_of(lambda: as_(stub, token=CANARY, password=CANARY).Break(text="x"))
    assert code is StatusCode.INTERNAL
    (line,) = [
        line
        for line in read(lines, "django_socio_grpc.request")
        if line.get("status_code") == "INTERNAL"
    ]
    assert line["exception"] == "ValueError"
    assert "in Break" in line["traceback"]
    assert CANARY not in lines.getvalue()
