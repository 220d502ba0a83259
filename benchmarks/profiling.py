"""``python -m benchmarks.profiling WORKLOAD``: where the time of a call goes in our server.

It loads the server as the benchmark does, with Python's profiler in it, which doubles what a call
costs: read the shares and the counts, not the times.
"""

import argparse
import os
import pstats
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import load
from benchmarks.contenders import BUILD, CONTENDERS, FRAMEWORK, ROOT
from benchmarks.databases import databases
from benchmarks.workloads import WORKLOADS

OUTPUT = BUILD / "profile"
PARTS = ("loop", "threads")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profiling")
    parser.add_argument("workload", help="a part of its name")
    parser.add_argument("--contender", default="ours", choices=("ours", "ours-sync"))
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--lines", type=int, default=40)
    args = parser.parse_args()
    workload = next(
        (each for each in WORKLOADS if args.workload.lower() in each.name.lower()), None
    )
    if workload is None:
        parser.error(f"no workload has {args.workload!r} in its name")
    if workload.kind not in load.RATED:
        parser.error(f"{workload.name} has no rate, so there is no time of a call")
    BUILD.mkdir(parents=True, exist_ok=True)
    plain = CONTENDERS[args.contender]
    command = ("-m", "benchmarks.profiled", str(OUTPUT), *plain.command)
    folders = os.pathsep.join(map(str, (FRAMEWORK, ROOT)))
    contender = replace(
        plain, command=command, environment={**plain.environment, "PYTHONPATH": folders}
    )
    for part in PARTS:
        Path(f"{OUTPUT}.{part}").unlink(missing_ok=True)
    with databases() as urls, contender.serve(urls[workload.database]) as server:
        done = load.rated(workload, server, args.seconds)
    print(f"{done.count} calls or messages of {workload.name}, each of which took")
    for part in PARTS:
        path = Path(f"{OUTPUT}.{part}")
        if path.exists():
            print(f"\n{part} ({path})")
            _table(path, done.count, args.lines)


def _table(path: Path, count: int, lines: int) -> None:
    """Print the functions with the most time of their own, per call."""
    stats: Any = pstats.Stats(str(path)).stats  # type: ignore[attr-defined]
    rows = sorted(
        (
            (own / count * 1e6, total / count * 1e6, times / count, function)
            for function, (_, times, own, total, _) in stats.items()
            if times >= count / 2  # else it belongs to the start
        ),
        reverse=True,
    )
    print(f"{'own us':>8} {'all us':>8} {'times':>6}  function")
    for own, total, times, (file, line, name) in rows[:lines]:
        where = f"{_short(file)}:{line} " if line else ""
        print(f"{own:8.2f} {total:8.2f} {times:6.1f}  {where}{name}")


def _short(file: str) -> str:
    """The path from the package on."""
    _, _, tail = file.rpartition("site-packages/")
    return tail.removeprefix(f"{FRAMEWORK}/")


if __name__ == "__main__":
    main()
