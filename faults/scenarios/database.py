"""A database that restarts, is gone, is full, is slow, or finds two calls in each other's way."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from faults import postgresql
from faults.bad_inputs.expected import LEAK
from faults.case import Cases, Seen
from faults.lab import Lab
from faults.load import Load
from faults.project.faulty.grpc import faulty_pb2 as pb
from faults.server import Server
from faults.waiting import loading, only, until, within

CASES = Cases()
LIST = "/faulty.SampleController/List"
IN_FLIGHT = 8
WAIT = 5.0
"""Seconds that a call waits for a database that does not answer."""


def _ended(call: Any) -> tuple[str, str, float]:
    """How a call ends: its status, its text, and after how many seconds."""
    began = time.monotonic()
    try:
        call()
    except grpc.RpcError as error:
        return error.code().name, error.details() or "", time.monotonic() - began
    return "OK", "", time.monotonic() - began


def _health(stub: Any, service: str) -> str:
    reply = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=10)
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status))


def _lists(server: Server) -> bool:
    with server.samples() as samples:
        return _ended(lambda: samples.List(pb.SampleListRequest(), timeout=30))[0] == "OK"


@CASES.add(
    "F6", "PostgreSQL restarts under load", "UNAVAILABLE alone; well < 1 s after", quick=False
)
def restarts(lab: Lab) -> Iterator[Seen]:
    with postgresql.cluster() as cluster, lab.serve(database=cluster.url) as server:
        load = Load(target=server.target, method=LIST, in_flight=IN_FLIGHT, retries=False)
        with loading(load) as tally:
            until(lambda: False, 1)
            cluster.restart()
            yield within("well", lambda: _lists(server), 1 * lab.slack)
            until(lambda: False, 1)
        yield only("without retry", tally, "UNAVAILABLE")
        load = Load(target=server.target, method=LIST, in_flight=IN_FLIGHT)
        with loading(load) as tally:
            until(lambda: False, 1)
        yield only("afterwards", tally)


@CASES.add(
    "F7", "PostgreSQL is down for 20 s", "UNAVAILABLE <= 5 s; live; well < 5 s after", quick=False
)
def down(lab: Lab) -> Iterator[Seen]:
    with postgresql.cluster() as cluster, lab.serve(database=cluster.url) as server:
        _lists(server)
        cluster.stop()
        end = time.monotonic() + 20
        with server.samples() as samples, server.channel() as channel:
            health = health_pb2_grpc.HealthStub(channel)
            while time.monotonic() < end:
                status, text, took = _ended(
                    lambda: samples.List(pb.SampleListRequest(), timeout=30)
                )
                ok = status == "UNAVAILABLE" and took <= (WAIT + 1) * lab.slack
                leaks = LEAK.search(text) or "127.0.0.1" in text
                outcome = f"{status}: {text:.60}" if leaks else status
                yield Seen(what=f"after {took:.1f} s", outcome=outcome, ok=ok and not leaks)
                then = server.serves()
                yield Seen(what="without database", outcome=then, ok=then == "OK")
                live = _health(health, "liveness")
                yield Seen(what="liveness", outcome=f"{live} (liveness)", ok=live == "SERVING")
            ready = _health(health, "")
            yield Seen(what="ready", outcome=f"{ready} (readiness)", ok=ready == "NOT_SERVING")
        cluster.start()
        yield within("well", lambda: _lists(server), 5 * lab.slack)


def _ends_at_once(server: Server, *, calls: int, seconds: float) -> tuple[set[str], float]:
    """How so many queries end that come at the same time, and when the last that fails does."""
    began, failed = time.monotonic(), [0.0]

    def note(call: Any) -> None:
        if call.exception() is not None:
            failed.append(time.monotonic() - began)

    with server.calls() as stub:
        request = pb.CallQueryRequest(seconds=seconds)
        futures = [stub.Query.future(request, timeout=60) for _ in range(calls)]
        for future in futures:
            future.add_done_callback(note)
        codes = {
            "OK" if (error := future.exception()) is None else error.code().name
            for future in futures
        }
    return codes, max(failed)


@CASES.add(
    "F8",
    "all connections are taken",
    "RESOURCE_EXHAUSTED or UNAVAILABLE, as soon as the pool's 5 s are over",
    quick=False,
)
def exhausted(lab: Lab) -> Iterator[Seen]:
    with postgresql.cluster(max_connections=8, superuser_reserved_connections=0) as cluster:
        for what, size in (("the pool's", 2), ("the server's", 40)):
            with lab.serve(
                database=cluster.url, environment={"DATABASE_POOL_SIZE": str(size)}
            ) as server:
                codes, slowest = _ends_at_once(server, calls=16, seconds=8)
                outcome = f"{', '.join(sorted(codes))} within {slowest:.1f} s"
                refused = codes - {"OK"}
                right = bool(refused) and refused <= {"RESOURCE_EXHAUSTED", "UNAVAILABLE"}
                soon = slowest <= (WAIT + 1) * lab.slack
                yield Seen(what=what, outcome=outcome, ok="OK" in codes and right and soon)
                yield within("well", partial(_lists, server), 5 * lab.slack)


@CASES.add(
    "F9", "a query outlasts its call", "DEADLINE_EXCEEDED; the query gone <= 1 s", quick=False
)
def slow(lab: Lab) -> Iterator[Seen]:
    with (
        postgresql.cluster() as cluster,
        lab.serve(database=cluster.url) as server,
        server.calls() as calls,
    ):
        request = pb.CallQueryRequest(seconds=60)
        status, _, _ = _ended(lambda: calls.Query(request, timeout=1))
        yield Seen(what="deadline", outcome=status, ok=status == "DEADLINE_EXCEEDED")
        yield within("gone", lambda: cluster.active("pg_sleep") == 0, 1 * lab.slack)
        call = calls.Query.future(request, timeout=60)
        begun = until(lambda: cluster.active("pg_sleep") == 1, 20)
        call.cancel()
        yield Seen(what="runs", outcome="runs", ok=begun is not None)
        yield within("gone, cancelled", lambda: cluster.active("pg_sleep") == 0, 1 * lab.slack)
        # The connections that were cut short are good for others.
        for _ in range(20):
            ok = _lists(server)
            yield Seen(what="another call", outcome="OK" if ok else "not OK", ok=ok)


@CASES.add("F10", "two calls lock each other out", "one OK, the other ABORTED", quick=False)
def deadlock(lab: Lab) -> Iterator[Seen]:
    with (
        postgresql.cluster(deadlock_timeout=100) as cluster,
        lab.serve(database=cluster.url) as server,
        server.calls() as calls,
    ):
        with server.samples() as samples:
            first, second = (
                samples.Create(pb.SampleRequest(name=name), timeout=30).id for name in "ab"
            )
        pairs = ((first, second), (second, first))
        both = [
            calls.Cross.future(pb.CallCrossRequest(first=a, second=b), timeout=60)
            for a, b in pairs
        ]
        ends = [call.exception() for call in both]
        codes = sorted("OK" if end is None else end.code().name for end in ends)
        yield Seen(what="both", outcome=", ".join(codes), ok=codes == ["ABORTED", "OK"])
