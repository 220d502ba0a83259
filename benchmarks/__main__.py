"""``python -m benchmarks``: measures every workload, prints the table, writes JSON and a chart.

All servers of a database run at once, and one of them at a time is loaded, in turn, so that what
the machine does beside is shared out between them. An idle server costs nothing.
"""

import argparse
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace

from benchmarks import load, report
from benchmarks.contenders import BUILD, CONTENDERS, PROJECT, Server
from benchmarks.databases import databases
from benchmarks.report import Results
from benchmarks.workloads import WAIT, WORKLOADS, Workload

IMPORTS = "import grpc, django; django.setup()"
ONE_CALL = replace(WORKLOADS[0], requests=WORKLOADS[0].requests[:1])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--quick", action="store_true", help="one round of a second each")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4, help="of load, for each contender")
    parser.add_argument("--only", default="", help="workloads whose name has this text")
    parser.add_argument("--keep", action="store_true", help="let the README show the results")
    args = parser.parse_args()
    rounds, seconds = (1, 1.5) if args.quick else (args.rounds, args.seconds)
    chosen = [
        workload
        for workload in WORKLOADS
        if args.only in workload.name and (workload.quick or not args.quick)
    ]
    BUILD.mkdir(parents=True, exist_ok=True)
    results: Results = defaultdict(lambda: defaultdict(list))
    with databases() as urls:
        for database, url in urls.items():
            _measure(
                [workload for workload in chosen if workload.database == database],
                url,
                rounds,
                seconds,
                results,
            )
    name = "quick" if args.quick else "full"
    report.write(chosen, results, rounds, seconds, name=name, keep=args.keep)


def _measure(
    workloads: Iterable[Workload], url: str, rounds: int, seconds: float, results: Results
) -> None:
    with ExitStack() as stack:
        names = {name for workload in workloads for name in workload.contenders}
        servers = {
            name: stack.enter_context(contender.serve(url))
            for name, contender in CONTENDERS.items()
            if name in names
        }
        for number in range(rounds):
            for workload in workloads:
                print(f"round {number + 1} of {rounds}: {workload.name}", flush=True)
                # Each round begins with another contender.
                turn = number % len(workload.contenders)
                for name in workload.contenders[turn:] + workload.contenders[:turn]:
                    _measure_one(workload, name, servers, url, seconds, results)


def _measure_one(
    workload: Workload,
    name: str,
    servers: Mapping[str, Server],
    url: str,
    seconds: float,
    results: Results,
) -> None:
    server, figures = servers[name], results[workload.name][name]
    match workload.kind:
        case "unary":
            load.unary(workload, server, seconds / 4)  # to warm up
            figures.append(load.unary(workload, server, seconds))
        case "download" | "ping-pong":
            figures.append(load.rated(workload, server, seconds))
        case "at once":
            options = {"calls": workload.streams, "wait": WAIT}
            figures.append(load.stream("at-once", server, **options).seconds)
        case "open":
            figures.append(load.bytes_per_stream(workload.streams, CONTENDERS[name], url))
        case "start-up":
            figures.append(_start_up(name, url))


def _start_up(name: str, url: str) -> float:
    """Seconds until the first call is answered; ``raw`` is what Django and grpc take alone."""
    contender, started = CONTENDERS[name], time.perf_counter()
    if name == "raw":
        env = {**contender.env(url), "DJANGO_SETTINGS_MODULE": "settings"}
        subprocess.run([str(contender.python), "-c", IMPORTS], cwd=PROJECT, env=env, check=True)
        return time.perf_counter() - started
    with contender.serve(url) as server:
        load.check(ONE_CALL, server)
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
