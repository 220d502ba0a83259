"""``python -m faults``: tries every fault and bad input on both servers, and prints the table.

It goes to ``build/faults/results.md`` as well. The exit code is 1 if a row is SHORT.
"""

import argparse
import signal
import sys
import time
from collections.abc import Sequence

from faults import report
from faults.bad_inputs import BAD_INPUTS
from faults.case import Case, Result, collect
from faults.lab import MODES, Lab, Mode
from faults.scenarios import FAULTS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only what takes a few seconds each")
    parser.add_argument("--only", default="", help="ids, separated by commas: F6,17")
    parser.add_argument("--mode", choices=MODES, help="only this server")
    parser.add_argument(
        "--slack", type=float, default=1.0, help="factor of all limits of time, for busy machines"
    )
    args = parser.parse_args()
    only = set(filter(None, args.only.split(",")))
    cases = [
        case
        for case in (*FAULTS, *BAD_INPUTS)
        if (case.id in only if only else case.quick or not args.quick)
    ]
    if unknown := only - {case.id for case in cases}:
        parser.error(f"there is no case {', '.join(sorted(unknown))}")
    # As an exception, for the servers that were started are to end with this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    modes = [args.mode] if args.mode else MODES
    results = {mode: _run(mode, cases, args.slack) for mode in modes}
    report.write(cases, results)
    return any(one.verdict == "SHORT" for each in results.values() for one in each)


def _run(mode: Mode, cases: Sequence[Case], slack: float) -> Sequence[Result]:
    results = []
    with Lab(mode, slack) as lab:
        for case in cases:
            began = time.monotonic()
            results.append(collect(case, lab))
            took = time.monotonic() - began
            line = f"{mode} {case.id} {results[-1].verdict} ({took:.1f} s) {results[-1].summary}"
            print(line, file=sys.stderr, flush=True)
    return results


if __name__ == "__main__":
    sys.exit(main())
