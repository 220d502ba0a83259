"""Several processes on one port, some of which end."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from faults.bad_inputs.expected import ECHO
from faults.case import Cases, Seen
from faults.lab import Absent, Lab
from faults.load import Load
from faults.restarts import reload
from faults.server import Server
from faults.waiting import loading, none_failed, only, until, within

CASES = Cases()
CRASHES = 5
TWO = ("--workers", "2", "--grace", "10")


def _linux() -> None:
    if sys.platform != "linux":
        raise Absent("workers share a port on Linux alone")


def _workers(server: Server) -> list[int]:
    """The processes that the server has started, by their numbers."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    return [int(child) for child in children]


def _new(server: Server, known: Sequence[int]) -> list[int]:
    return [worker for worker in _workers(server) if worker not in known]


def _answering(server: Server, count: int) -> bool:
    """Whether ``count`` processes answer: each connection goes to one of them."""
    return len({server.count("pid") for _ in range(8 * count)}) >= count


@CASES.add(
    "F3",
    "one of two workers is killed",
    "UNAVAILABLE in flight, 0 with retry; a new one in 2 s",
    quick=False,
)
def killed(lab: Lab) -> Iterator[Seen]:
    _linux()
    with lab.serve(*TWO) as server:
        until(lambda: _answering(server, 2), 60)
        for retries in (False, True):
            load = Load(target=server.target, method=ECHO, retries=retries)
            with loading(load) as tally:
                until(lambda: False, 0.5)
                (victim, *_) = before = _workers(server)
                os.kill(victim, signal.SIGKILL)
                begun = until(partial(_new, server, before), 2 * lab.slack)
                until(lambda: _answering(server, 2), 30)
            yield Seen(what="respawn", outcome="started at once", ok=begun is not None)
            if retries:
                yield none_failed("with retry", tally)
            else:
                yield only("without retry", tally, "UNAVAILABLE")
        yield within("two answer", lambda: _answering(server, 2), 30)


@CASES.add(
    "F4",
    "a worker crashes 5 times before it listens",
    "the rest serve; later and later anew; then exit not 0",
    quick=False,
)
def crash_loop(lab: Lab) -> Iterator[Seen]:
    _linux()
    with lab.serve(*TWO) as server:
        until(lambda: _answering(server, 2), 60)
        known = sorted(_workers(server))
        for _ in range(CRASHES):
            then = server.serves()
            yield Seen(what="the rest", outcome=f"{then} from the rest", ok=then == "OK")
            os.kill(known[-1], signal.SIGKILL)
            until(partial(_new, server, known), 30)
            known += _new(server, known)
        os.kill(known[-1], signal.SIGKILL)
        code = server.ends(30)
        yield Seen(what="exit", outcome=f"exit {code}", ok=code not in (None, 0))
        told = server.output().count("ended with signal SIGKILL. Another one")
        yield Seen(what="log", outcome="each logged", ok=told >= CRASHES)


@CASES.add(
    "F5", "all workers are renewed under load (SIGHUP), twice", "0 failed, with retry", quick=False
)
def renewed(lab: Lab) -> Iterator[Seen]:
    _linux()
    with lab.serve(*TWO) as server:
        until(lambda: _answering(server, 2), 60)
        with loading(Load(target=server.target, method=ECHO)) as tally:
            for _ in range(2):
                reload(server)
                yield Seen(what="reload", outcome="renewed", ok=True)
        yield none_failed("calls", tally)
