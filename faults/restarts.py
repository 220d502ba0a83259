"""Rolling restarts of all workers, while clients call.

    python -m faults.restarts --calls 20000 --restarts 5

prints what has come of the calls, on both servers, with grpc's retry policy and without, and ends
with 1 if a call has failed.
"""

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from faults.lab import MODES, Lab
from faults.load import Load, Tally
from faults.server import Server

METHOD = "/faulty.CallController/Echo"
RELOADED = "All workers are new."
PATIENCE = 120.0


async def under_load(
    load: Load, restart: Callable[[], None], *, restarts: int, calls: int
) -> Tally:
    """Make ``calls`` at least, and ``restarts`` in between, each a call of ``restart()``."""
    tally, done = Tally(), asyncio.Event()

    async def reach(count: float) -> None:
        while tally.calls < count:
            await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as group:
        group.create_task(load.run(until=done, tally=tally))
        try:
            for number in range(restarts):
                await reach(calls * (number + 1) / (restarts + 1))
                await asyncio.to_thread(restart)
            await reach(calls)
        finally:
            done.set()
    return tally


def reload(server: Server) -> None:
    """Have all workers of ``server`` replaced, and wait until they are.

    Raises:
        RuntimeError: they are not within ``PATIENCE`` seconds.
    """
    before = server.output().count(RELOADED)
    server.send(signal.SIGHUP)
    deadline = time.monotonic() + PATIENCE
    while server.output().count(RELOADED) == before:
        if time.monotonic() > deadline or server.process.poll() is not None:
            raise RuntimeError(f"The workers are not replaced:\n{server.output()[-2000:]}")
        time.sleep(0.02)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m faults.restarts", description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--restarts", type=int, default=5)
    parser.add_argument("--in-flight", type=int, default=32)
    options = parser.parse_args()
    failed = 0
    for mode in MODES:
        with Lab(mode) as lab, lab.serve("--workers", str(options.workers)) as server:
            load = Load(target=server.target, method=METHOD, in_flight=options.in_flight)
            for retries in (True, False):
                tally = asyncio.run(
                    under_load(
                        replace(load, retries=retries),
                        lambda server=server: reload(server),  # type: ignore[misc]
                        restarts=options.restarts,
                        calls=options.calls,
                    )
                )
                policy = "with a retry policy" if retries else "without"
                print(f"{mode}, {options.restarts} restarts, {policy}: {tally}", flush=True)
                failed += tally.failed
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
