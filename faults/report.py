"""The table of one run."""

from collections.abc import Mapping, Sequence
from importlib import metadata

from faults.case import Case, Result
from faults.lab import Mode
from faults.server import ROOT

FILE = ROOT / "build" / "faults" / "results.md"
PACKAGES = ("grpcio", "Django", "protobuf")
LONGEST = 200
"""Characters of what was seen that a cell shows."""


def write(cases: Sequence[Case], results: Mapping[Mode, Sequence[Result]]) -> None:
    """Print the table, and write it to ``build/faults/results.md``."""
    head = ["", "what is done", "expected", *results, "verdict"]
    rows = [
        _row(case, [each[number] for each in results.values()])
        for number, case in enumerate(cases)
    ]
    limits = [f"- {case.id}: {case.limit}." for case in cases if case.limit]
    every = [one for each in results.values() for one in each]
    counts = {
        verdict: sum(one.verdict == verdict for one in every)
        for verdict in ("ok", "SHORT", "absent")
    }
    lines = [
        ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES),
        "",
        _line(head),
        _line(["---"] * len(head)),
        *map(_line, rows),
        "",
        ", ".join(f"{count} {verdict}" for verdict, count in counts.items()),
    ]
    if limits:
        lines += ["", "Where grpcio sets the limit, a row says what is true instead:", "", *limits]
    text = "\n".join(lines)
    print(text)
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(f"# Results of `make faults`\n\n{text}\n")


def _row(case: Case, results: Sequence[Result]) -> list[str]:
    verdicts = {result.verdict for result in results}
    verdict = next(v for v in ("SHORT", "absent", "ok") if v in verdicts)
    seen = [result.summary[:LONGEST] for result in results]
    return [case.id, case.title, case.expected, *seen, verdict]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"
