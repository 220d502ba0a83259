"""The table, the JSON and the chart of one run."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

import matplotlib

from benchmarks import machine
from benchmarks.contenders import BUILD, CONTENDERS
from benchmarks.load import H2LOAD, Load
from benchmarks.workloads import Workload

matplotlib.use("agg")
from matplotlib import pyplot

Results: TypeAlias = Mapping[str, Mapping[str, list[Any]]]
"""By workload and contender: a ``Load``, or a number of bytes or seconds, for each round."""

KEPT = Path(__file__).parent
UNARY = "h2load" if H2LOAD else "a client in Python (no h2load: the ratios are too low)"
HEAD = ("workload", "raw", "peer", "ours", "to raw", "to peer", "CPU us", "goal", "")


def write(
    workloads: Sequence[Workload],
    results: Results,
    rounds: int,
    seconds: float,
    *,
    name: str,
    keep: bool,
) -> None:
    """Print the table; write it with all figures to ``build/bench/``, and the chart.

    With ``keep`` the table and the chart are those that the README shows from now on.
    """
    rows = [
        _row(workload, results[workload.name])
        for workload in workloads
        if workload.name in results
    ]
    facts = {
        **machine.facts(),
        "load": f"{UNARY}, streams by a client in Python",
        "rounds": f"{rounds} of {seconds:g} s",
    }
    lines = [
        ", ".join(f"{name} {value}" for name, value in facts.items()),
        "",
        *_table([HEAD, *rows]),
        "",
        "Medians of calls or messages a second, or of bytes or seconds where the name says so.",
        "CPU us: microseconds that the server's process takes for a call: raw / peer / ours.",
    ]
    text = "\n".join(lines)
    print(text)
    (BUILD / f"{name}.txt").write_text(text + "\n")
    figures = {
        workload: {name: [_plain(figure) for figure in figures] for name, figures in by.items()}
        for workload, by in results.items()
    }
    document = {"facts": facts, "figures": figures}
    (BUILD / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")
    _chart(workloads, results, BUILD / f"{name}.png")
    if keep:
        (KEPT / "results.md").write_text(f"# Results of `make bench`\n\n{text}\n")
        _chart(workloads, results, KEPT / "results.png")


def _plain(figure: Any) -> Any:
    if not isinstance(figure, Load):
        return figure
    return {"rate": figure.rate, "cpu_us_per_call": figure.cpu_per_call}


def middle(figures: Sequence[Any]) -> float:
    """The median: of rates, or of bytes or seconds."""
    return median(f.rate if isinstance(f, Load) else f for f in figures)


def _row(workload: Workload, by: Mapping[str, list[Any]]) -> tuple[str, ...]:
    own = by[workload.subject]
    ratios = {name: middle(own) / middle(figures) for name, figures in by.items()}
    goals, met = [], []
    for name, goal in workload.goals.items():
        sign = "<=" if workload.fewer_is_better else ">="
        goals.append(f"{sign} {goal:g} x {name}")
        met.append(ratios[name] <= goal if workload.fewer_is_better else ratios[name] >= goal)
    if workload.limit is not None:
        goals.append(f"<= {workload.limit:g}")
        met.append(middle(own) <= workload.limit)
    cells = {name: _number(middle(figures)) for name, figures in by.items()}
    return (
        workload.name,
        cells.get("raw", ""),
        cells.get("peer", ""),
        cells[workload.subject],
        *(f"{ratios[name]:.2f}" if name in ratios else "" for name in ("raw", "peer")),
        " / ".join(_cpu(by.get(name, ())) for name in ("raw", "peer", workload.subject))
        if isinstance(own[0], Load)
        else "",
        ", ".join(goals),
        "" if not met else "met" if all(met) else "MISSED",
    )


def _cpu(loads: Sequence[Load]) -> str:
    return f"{median(load.cpu_per_call for load in loads):.0f}" if loads else "-"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = [
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        + " |"
        for row in rows
    ]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


def _chart(workloads: Sequence[Workload], results: Results, path: Any) -> None:
    """Bars: our rate as a multiple of the peer's."""
    bars = [
        (workload.name, middle(by["ours"]) / middle(by["peer"]))
        for workload in workloads
        if not workload.fewer_is_better
        and (by := results.get(workload.name, {}))
        and {"peer", "ours"} <= by.keys()
    ]
    if not bars:
        return
    names, ratios = zip(*reversed(bars), strict=True)
    figure, axes = pyplot.subplots(figsize=(8, 0.4 * len(bars) + 1), layout="constrained")
    axes.bar_label(axes.barh(names, ratios, color="#2b6cb0"), fmt=" %.1f x")
    axes.axvline(1, color="#888888", linewidth=1)
    axes.set_xlabel(f"calls a second, as a multiple of {CONTENDERS['peer'].title}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.12)
    figure.savefig(path, dpi=120)
