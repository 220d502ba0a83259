"""A server is told to stop."""

import signal
from collections.abc import Iterator

import grpc

from faults.case import Cases, Seen
from faults.lab import Lab
from faults.load import Load
from faults.project.faulty.grpc import faulty_pb2 as pb
from faults.waiting import loading, none_failed, until

CASES = Cases()
GRACE = 5.0
ECHO = "/faulty.CallController/Echo"


@CASES.add("F1", "SIGTERM under load, one server of two", "0 failed, exit 0 within the grace")
def sigterm(lab: Lab) -> Iterator[Seen]:
    with lab.serve("--grace", str(GRACE)) as first, lab.serve() as second:
        targets = ",".join(server.target for server in (first, second))
        balanced = (("grpc.lb_policy_name", "round_robin"),)
        load = Load(target=f"ipv4:{targets}", method=ECHO, options=balanced)
        with loading(load) as tally:
            until(lambda: False, 1)
            first.send(signal.SIGTERM)
            code = first.ends(GRACE * lab.slack)
            until(lambda: False, 1)
        yield none_failed("calls", tally)
        yield Seen(what="exit", outcome=f"exit {code}", ok=code == 0)


@CASES.add("F2", "a second SIGTERM", "UNAVAILABLE at once, the process ends within 1 s")
def second_sigterm(lab: Lab) -> Iterator[Seen]:
    with lab.serve() as server, server.calls() as calls:
        call = calls.Sleep.future(pb.CallSleepRequest(seconds=60), timeout=90)
        until(lambda: server.count("sleeps") == 1, 10)
        server.send(signal.SIGTERM)
        until(lambda: "Stopping" in server.output(), 10)
        waits = server.ends(0.2) is None
        yield Seen(what="first", outcome="waits for the call" if waits else "ended", ok=waits)
        server.send(signal.SIGTERM)
        code = server.ends(1 * lab.slack)
        yield Seen(what="second", outcome=f"exit {code}", ok=code not in (None, 0))
        ended = call.exception(20)
        status = ended.code() if isinstance(ended, grpc.RpcError) else None
        name = status.name if status else repr(ended)
        yield Seen(what="the call", outcome=name, ok=status is grpc.StatusCode.UNAVAILABLE)
