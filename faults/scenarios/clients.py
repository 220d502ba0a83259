"""Clients that die, freeze, do not read, or open calls and say nothing."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import grpc

from faults.bad_inputs.expected import ECHO
from faults.case import Cases, Seen
from faults.lab import Lab
from faults.project.faulty.grpc import faulty_pb2 as pb
from faults.server import ROOT, Server
from faults.stubs import SAMPLES, Stub
from faults.waiting import until, within
from faults.wire import Wire, frame

CASES = Cases()
STREAMS = {"aio": 500, "sync": 50}
"""A stream of the sync server holds a thread."""
WORKERS = {"GRPC_MAX_WORKERS": "60"}
KEEPALIVE = [
    ("grpc.keepalive_time_ms", 2000),
    ("grpc.keepalive_timeout_ms", 1000),
    ("grpc.http2.ping_timeout_ms", 1000),
]
CHANGES = 400
TEXT = "x" * 4000
FIRST_MESSAGE = 3.0
ROOM = 60.0
"""MiB that a server may grow by for a client that does not read: its windows, and some slack."""


@contextmanager
def _holder(server: Server, count: int) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "faults.holder", server.target, str(count)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield process
        finally:
            process.kill()


@CASES.add(
    "F13", "a client with 500 streams is killed", "all of them freed within 1 s", quick=False
)
def killed(lab: Lab) -> Iterator[Seen]:
    with lab.serve(environment=WORKERS) as server:
        server.serves()
        before = server.state()
        with _holder(server, STREAMS[lab.mode]) as process:
            opened = server.count("ticks")
            yield Seen(what="open", outcome=f"{opened} open", ok=opened == STREAMS[lab.mode])
            process.send_signal(signal.SIGKILL)
            yield within("freed", lambda: server.count("ticks") == 0, 1 * lab.slack)
        same = until(lambda: server.state()["tasks"] <= before["tasks"], 5 * lab.slack) is not None
        yield Seen(what="tasks", outcome="tasks as before" if same else "tasks left", ok=same)


@CASES.add(
    "F14", "a client is frozen", "freed by keepalive, 2 s, and its timeout, 1 s", quick=False
)
def frozen(lab: Lab) -> Iterator[Seen]:
    options = {"SERVER_OPTIONS": KEEPALIVE}
    with (
        lab.serve(grpc_settings=options, environment=WORKERS) as server,
        _holder(server, 20) as process,
    ):
        process.send_signal(signal.SIGSTOP)
        yield within("freed", lambda: server.count("ticks") == 0, 8 * lab.slack)


@CASES.add("F15", "a client that does not read", "the handler waits; the others go on")
def does_not_read(lab: Lab) -> Iterator[Seen]:
    with lab.serve(environment=WORKERS) as server, ExitStack() as stack:
        server.serves()
        before = server.memory()
        for _ in range(10):
            wire = stack.enter_context(Wire(server.target))
            stream = wire.open("/faulty.CallController/Flood")
            request = pb.CallFloodRequest(size=100_000).SerializeToString()
            wire.send(stream, frame(request), end=True)
        until(lambda: server.count("floods") == 10, 10)
        sent, still = -1, 0
        while still < 5 and sent < 100_000:  # until it has sent nothing new five times
            now = server.count("flooded")
            still = still + 1 if now == sent else 0
            sent = now
            until(lambda: False, 0.1)
        grown = server.memory() - before
        yield Seen(what="sent", outcome="the handlers wait", ok=sent < 1000)
        yield Seen(what="memory", outcome=f"{grown:+.0f} MiB", ok=grown < ROOM)
        yield Seen(what="others", outcome=(then := server.serves()), ok=then == "OK")
        stack.close()
        yield within("freed", lambda: server.count("floods") == 0, 5 * lab.slack)


@CASES.add(
    "F15w",
    "a watcher that does not read",
    "RESOURCE_EXHAUSTED; the others miss nothing",
    quick=False,
)
def slow_watcher(lab: Lab) -> Iterator[Seen]:
    with lab.serve() as server, Wire(server.target) as wire, server.channel() as channel:
        samples = Stub(channel, SAMPLES)
        slow = wire.open("/faulty.SampleController/Watch")
        wire.send(slow, frame(b""), end=True)
        quick = samples.Watch(pb.SampleWatchRequest(), timeout=120)
        next(quick)  # SYNCED
        names: list[str] = []
        reader = threading.Thread(target=_read, args=(quick, names))
        reader.start()
        for number in range(CHANGES):
            samples.Create(pb.SampleRequest(name=str(number), text=TEXT), timeout=20)
        answer = wire.answer(slow, 20 * lab.slack)
        ok = answer.outcome == "RESOURCE_EXHAUSTED"
        yield Seen(what="slow", outcome=f"{answer.outcome} for the slow one", ok=ok)
        until(lambda: len(names) >= CHANGES, 10 * lab.slack)
        quick.cancel()
        reader.join()
        missed = CHANGES - len(set(names))
        yield Seen(what="quick", outcome=f"{missed} missed by the other", ok=missed == 0)


def _read(events: Any, names: list[str]) -> None:
    try:
        for event in events:
            names.append(event.object.name)
    except grpc.RpcError:
        pass


@CASES.add("F18", "500 calls of headers alone are held open", "others are served; freed in time")
def headers_alone(lab: Lab) -> Iterator[Seen]:
    # 30 s by default: longer than a report or a test may take.
    settings = {"FIRST_MESSAGE_TIMEOUT": FIRST_MESSAGE}
    with lab.serve(grpc_settings=settings, environment=WORKERS) as server, ExitStack() as stack:
        server.serves()
        before = server.state()
        wires = [stack.enter_context(Wire(server.target)) for _ in range(10)]
        calls = [(wire, wire.open(ECHO)) for wire in wires for _ in range(50)]
        yield Seen(what="others", outcome=(then := server.serves()), ok=then == "OK")
        deadline = time.monotonic() + 10 * lab.slack
        ends = {
            wire.answer(stream, max(0, deadline - time.monotonic())).outcome
            for wire, stream in calls
        }
        outcome = f"the calls end: {', '.join(sorted(ends))}"
        yield Seen(what="they", outcome=outcome, ok="no answer" not in ends)
        yield within(
            "freed", lambda: server.state()["tasks"] <= before["tasks"] + 1, 5 * lab.slack
        )
