"""A machine that runs out of something, or whose clock jumps."""

import mmap
import resource
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import grpc

from faults.case import Cases, Seen
from faults.lab import Absent, Lab
from faults.project.faulty.grpc import faulty_pb2 as pb
from faults.waiting import until, within

CASES = Cases()
SPARE = 20
"""File descriptors that the server has left."""
HOUR = 3600
CLOCK = Path(__file__).parent / "clock.c"


@CASES.add(
    "F23", "no file descriptor is left", "no crash; well when there are some again", quick=False
)
def no_files(lab: Lab) -> Iterator[Seen]:
    with lab.serve() as server, ExitStack() as stack:
        limit = server.count("files") + SPARE
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (limit, limit))
        host, _, port = server.target.rpartition(":")
        for _ in range(10 * SPARE):
            stack.enter_context(socket.create_connection((host, int(port)), timeout=20))
        until(lambda: False, 0.5)
        alive = server.process.poll() is None
        yield Seen(what="meanwhile", outcome="alive" if alive else "ended", ok=alive)
        stack.close()
        yield within("well", lambda: server.serves(5) == "OK", 20 * lab.slack)


@CASES.add("F24", "the disk of the log is full", "calls go on as before")
def full_disk(lab: Lab) -> Iterator[Seen]:
    with (
        lab.serve(environment={"GRPC_LOG_OK_RESPONSE": "true"}) as server,
        server.calls() as calls,
    ):
        server.serves()
        # No file of its may grow any more, which is what a full disk is to a log.
        size = server.log.stat().st_size
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, size))
        for _ in range(20):
            yield Seen(what="OK", outcome=(then := server.serves()), ok=then == "OK")
            try:
                calls.Wrong(pb.CallWrongRequest(text="ValueError"), timeout=20)
            except grpc.RpcError as error:
                code = error.code()
                fault = code is grpc.StatusCode.INTERNAL
                yield Seen(what="a fault", outcome=code.name, ok=fault)
        same = server.log.stat().st_size <= size
        yield Seen(what="log", outcome="nothing written" if same else "written", ok=same)


@CASES.add(
    "F25",
    "the clock jumps an hour ahead, and back",
    "calls, streams and deadlines go on",
    quick=False,
)
def clock(lab: Lab) -> Iterator[Seen]:
    library, offset = _shifted_clock(lab)
    with (
        lab.serve(environment={"LD_PRELOAD": str(library), "FAULTS_CLOCK": str(offset)}) as server,
        server.calls() as calls,
        offset.open("r+b") as file,
    ):
        seconds = mmap.mmap(file.fileno(), 8)
        stream = calls.Ticks(pb.CallTicksRequest(seconds=0.1), timeout=300)
        next(stream)
        for jump in (HOUR, 0, -HOUR, 0):
            call = calls.Sleep.future(pb.CallSleepRequest(seconds=1), timeout=60)
            until(lambda: server.count("sleeps") == 1, 10)
            seconds[:] = struct.pack("=q", jump)
            what = f"{jump:+d} s"
            off = server.count("clock") - time.time()
            yield Seen(what=what, outcome="jumped", ok=abs(off - jump) < HOUR / 2)
            late = call.exception()
            outcome = "in flight OK" if late is None else late.code().name
            yield Seen(what=what, outcome=outcome, ok=late is None)
            yield Seen(what=what, outcome=(then := server.serves()), ok=then == "OK")
            yield Seen(what=what, outcome=next(stream).text, ok=True)
            short = calls.Sleep.future(pb.CallSleepRequest(seconds=30), timeout=1).exception()
            code = "OK" if short is None else short.code().name
            yield Seen(what=f"{what}, deadline", outcome=code, ok=code == "DEADLINE_EXCEEDED")
            if lab.mode == "aio":
                yield within("freed", lambda: server.count("sleeps") == 0, 5 * lab.slack)
        stream.cancel()


def _shifted_clock(lab: Lab) -> tuple[Path, Path]:
    """A library that shifts the clock of a process, and the file that tells it how far."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise Absent("no C compiler, which the library that shifts the clock needs")
    folder = lab.folder()
    library, offset = folder / "clock.so", folder / "offset"
    offset.write_bytes(bytes(8))
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(CLOCK), "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    return library, offset
