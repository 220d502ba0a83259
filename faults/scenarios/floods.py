"""Clients that attack, while others want to be served."""

import subprocess
import sys
import time
from collections.abc import Iterator

from faults.bad_inputs.expected import ECHO, HELLO, echoed, seen
from faults.case import Cases, Seen
from faults.envoy import proxied
from faults.lab import Lab
from faults.load import Load
from faults.server import ROOT
from faults.waiting import loading, none_failed
from faults.wire import Wire

CASES = Cases()
SECONDS = 4.0
P99 = 0.1
GROWTH = 100.0
"""MiB that the server may have grown by when the flood is over."""
FAST = 50_000
"""Streams a second that make it a flood."""


@CASES.add(
    "F16",
    "50,000 streams a second are opened and reset",
    "0 errors of others, p99 <= 100 ms, memory back",
    quick=False,
)
def rapid_reset(lab: Lab) -> Iterator[Seen]:
    with lab.serve() as server:
        server.serves()
        before = server.memory()
        flood = [server.target, str(SECONDS), str(1.2 * FAST)]
        command = [sys.executable, "-m", "faults.flood", *flood]
        load = Load(target=server.target, method=ECHO, channels=2, in_flight=2, retries=False)
        with loading(load) as tally:
            began = time.monotonic()
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
            rate = int(done.stdout) / (time.monotonic() - began)
        grown = server.memory() - before
        yield none_failed("others", tally)
        p99 = tally.percentile(0.99)
        outcome = f"p99 {p99 * 1e3:.0f} ms under {rate:,.0f} a second"
        yield Seen(what="others", outcome=outcome, ok=p99 <= P99 * lab.slack)
        yield Seen(what="flood", outcome="a flood", ok=rate * lab.slack >= FAST)
        yield Seen(what="memory", outcome=f"{grown:+.0f} MiB", ok=grown < GROWTH)


@CASES.add("F17", "headers that do not parse, through Envoy", "they fail for their sender alone")
def poison(lab: Lab) -> Iterator[Seen]:
    bad = [("grpc-timeout", "bad"), ("x-foo-bin", "$$$"), ("grpc-encoding", "foo")]
    good = [("grpc-timeout", "5S"), ("x-foo-bin", "aGVsbG8")]
    for table in (False, True):
        with proxied(lab, lab.server, table=table) as target:
            for header in bad:
                with Wire(target) as attacker:
                    answer = attacker.ask(ECHO, HELLO, headers=[header])
                    # What Envoy makes of an answer before the request's end is its affair.
                    yield seen(header[0], answer, "INTERNAL", "UNIMPLEMENTED", "UNAVAILABLE")
            for _ in range(50):
                with Wire(target) as other:
                    yield echoed("another client", other.ask(ECHO, HELLO, headers=good))


@CASES.add("F17c", "other content types, through Envoy", "HTTP 415, or UNIMPLEMENTED")
def content_types(lab: Lab) -> Iterator[Seen]:
    with proxied(lab, lab.server) as target:
        for name in ("text/plain", "application/json", "application/grpc+json"):
            with Wire(target) as wire:
                answer = wire.ask(ECHO, HELLO, content_type=name)
            yield seen(name, answer, "HTTP 415", "UNIMPLEMENTED")
        with Wire(target) as wire:
            yield echoed("application/grpc", wire.ask(ECHO, HELLO))
