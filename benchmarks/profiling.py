"""``python -m benchmarks.profiling WORKLOAD``: where the time of a call goes in our server.

It loads the server as the benchmark does, with Python's profiler in it, which doubles what a call
costs: read the shares and the counts, not the times.
"""

import argparse
import os
import pstats
from dataclasses import replace
from pathlib import Path

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
    parser.add_argument("--sort", default="tottime", help="tottime, or cumtime")
    args = parser.parse_args()
    workload = next(
        (each for each in WORKLOADS if args.workload.lower() in each.name.lower()), None
    )
    if workload is None:
        parser.error(f"no workload has {args.workload!r} in its name")
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
        if workload.kind == "unary":
            done = load.unary(workload, server, args.seconds)
        else:
            done = load.stream(
                workload.kind, server, seconds=args.seconds, streams=workload.streams
            )
    print(f"{done.count} calls or messages of {workload.name}")
    for part in PARTS:
        path = Path(f"{OUTPUT}.{part}")
        if path.exists():
            print(f"\n== {part}: {path}")
            pstats.Stats(str(path)).sort_stats(args.sort).print_stats(args.lines)


if __name__ == "__main__":
    main()
