"""The cases of ``make faults`` that take a few seconds, and what the report makes of them."""

from collections.abc import Iterator
from typing import Any

import pytest

from faults import report
from faults.bad_inputs import BAD_INPUTS
from faults.case import Case, Result, Seen, collect
from faults.lab import Absent, Lab
from faults.scenarios import FAULTS

QUICK = [case for case in (*FAULTS, *BAD_INPUTS) if case.quick]
SPECIFIED = {f"F{number}" for number in range(1, 26)} | {str(number) for number in range(1, 30)}


@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.id)
def test_a_server_survives(lab: Lab, case: Case) -> None:
    result = collect(case, lab)
    if result.verdict == "absent":
        pytest.skip(result.absent)
    assert result.verdict == "ok", result.summary


def test_there_is_a_case_for_every_fault_and_every_bad_input() -> None:
    ids = [case.id for case in (*FAULTS, *BAD_INPUTS)]
    assert len(ids) == len(set(ids))
    assert set(ids) >= SPECIFIED


def test_what_is_short_or_raises_makes_a_row_short(lab: Lab) -> None:
    def short(lab: Lab) -> Iterator[Seen]:
        yield Seen(what="a call", outcome="OK", ok=True)
        yield Seen(what="another", outcome="INTERNAL", ok=False)

    def raises(lab: Lab) -> Iterator[Seen]:
        yield Seen(what="a call", outcome="OK", ok=True)
        raise ValueError("wrong")

    assert _of(short, lab).summary == "another: INTERNAL"
    assert _of(short, lab).verdict == "SHORT"
    assert _of(raises, lab).summary == "the case itself: ValueError('wrong')"
    assert _of(raises, lab).verdict == "SHORT"


def test_what_cannot_run_says_why_and_is_not_ok(lab: Lab) -> None:
    def absent(lab: Lab) -> Iterator[Seen]:
        raise Absent("no such program")
        yield

    result = _of(absent, lab)
    assert (result.verdict, result.summary) == ("absent", "no such program")


def test_a_server_that_serves_no_longer_makes_a_row_short(lab: Lab) -> None:
    def kills(lab: Lab) -> Iterator[Seen]:
        lab.server.process.kill()
        lab.server.process.wait()
        yield Seen(what="a call", outcome="OK", ok=True)

    with Lab(lab.mode) as own:
        assert own.server.serves() == "OK"
        result = _of(kills, own)
    assert "another client, afterwards: the server has ended with -9" in result.summary


def test_the_table(monkeypatch: Any, tmp_path: Any, capsys: Any) -> None:
    case = Case(id="1", title="a | title", expected="OK", run=lambda lab: iter(()), limit="why")
    seen = [Seen(what="a call", outcome="OK", ok=True)]
    monkeypatch.setattr(report, "FILE", tmp_path / "new" / "results.md")
    report.write([case], {"aio": [Result(case=case, seen=seen)]})
    text = capsys.readouterr().out
    assert "| 1 | a / title | OK | OK | ok |" in text
    assert "1 ok, 0 SHORT, 0 absent" in text
    assert "- 1: why." in text
    assert text in (tmp_path / "new" / "results.md").read_text()


def _of(run: Any, lab: Lab) -> Result:
    return collect(Case(id="x", title="x", expected="x", run=run), lab)
