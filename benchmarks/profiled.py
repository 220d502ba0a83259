"""``python -m benchmarks.profiled OUTPUT SCRIPT [ARGUMENT...]``: run a script under ``cProfile``.

The profile of the main thread, which is an aio server's loop, goes to ``OUTPUT.loop``, that of the
threads of workers to ``OUTPUT.threads``. From Python 3.12 on one thread alone can be profiled.
"""

import cProfile
import pstats
import runpy
import sys
import threading
from collections.abc import Callable
from typing import Any

ONE_PROFILER = sys.version_info >= (3, 12)


def main() -> None:
    output, script = sys.argv[1:3]
    sys.argv = sys.argv[2:]
    sys.path.insert(0, "")
    threads: list[cProfile.Profile] = []
    if not ONE_PROFILER:
        setattr(threading.Thread, "run", _profiling(threading.Thread.run, threads))  # noqa: B010
    loop = cProfile.Profile()
    try:
        loop.runcall(runpy.run_path, script, run_name="__main__")
    finally:
        loop.dump_stats(f"{output}.loop")
        if threads:
            pstats.Stats(*threads).dump_stats(f"{output}.threads")


def _profiling(
    run: Callable[[Any], None], profiles: list[cProfile.Profile]
) -> Callable[[Any], None]:
    def profiled(self: Any) -> None:
        profile = cProfile.Profile()
        profiles.append(profile)
        profile.runcall(run, self)

    return profiled


if __name__ == "__main__":
    main()
