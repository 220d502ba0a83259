"""Loads a server: unary calls by h2load, streams by a client in Python.

Without h2load the client in Python makes the unary calls as well. It costs more than most servers
do, so that the ratios shrink; the report says so.
"""

import json
import re
import shutil
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import grpc

from benchmarks.contenders import BUILD, ROOT, Contender, Server
from benchmarks.workloads import Workload

H2LOAD = shutil.which("h2load")
SETTLE = 1.0
"""Seconds after which a server's memory with streams open is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one contender did: calls or messages, the seconds it took, its CPU seconds."""

    count: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        """Calls or messages a second."""
        return self.count / self.seconds

    @property
    def cpu_per_call(self) -> float:
        """Microseconds of the server's CPU."""
        return self.cpu / self.count * 1e6


def check(workload: Workload, server: Server) -> int:
    """Send each request once by a real client; return the bytes of the shortest reply.

    Raises:
        AssertionError: a reply is not what it should be.
    """
    sizes = []
    with grpc.insecure_channel(server.target) as channel:
        call: Any = channel.unary_unary(
            workload.path, type(workload.requests[0]).SerializeToString
        )
        for request in workload.requests:
            reply = call(request, metadata=workload.metadata, timeout=30, wait_for_ready=True)
            message = workload.reply.FromString(reply)
            assert workload.right(message), f"{workload.name}: a wrong reply, {message}"
            sizes.append(len(reply))
    return min(sizes)


RATED = ("unary", "download", "ping-pong")
"""The kinds of workloads whose figure is a rate."""


def rated(workload: Workload, server: Server, seconds: float) -> Load:
    """Load the server for ``seconds`` by a workload that is of one of the kinds ``RATED``."""
    if workload.kind == "unary":
        return unary(workload, server, seconds)
    options = {"streams": workload.streams} if workload.kind == "ping-pong" else {}
    return stream(workload.kind, server, seconds=seconds, **options)


def unary(workload: Workload, server: Server, seconds: float) -> Load:
    """Load the server for ``seconds`` from one connection for each of the requests.

    Raises:
        RuntimeError: some calls were answered by an error.
    """
    size = check(workload, server)
    cpu = server.cpu()
    clients = [
        _start(_unary_command(workload, server, number, message, seconds))
        for number, message in enumerate(workload.requests)
    ]
    outputs = [_output(client) for client in clients]
    if H2LOAD is None:
        count = sum(json.loads(output)["count"] for output in outputs)
    else:
        count = sum(_count(output, size) for output in outputs)
    return Load(count=count, seconds=seconds, cpu=server.cpu() - cpu)


def stream(kind: str, server: Server, **options: Any) -> Load:
    """Run the client of ``kind`` to its end."""
    cpu = server.cpu()
    done = json.loads(_output(_start(_client(kind, server, **options))))
    return Load(count=done["count"], seconds=done["seconds"], cpu=server.cpu() - cpu)


def bytes_per_stream(streams: int, contender: Contender, database: str) -> float:
    """Bytes by which a fresh server has grown for each stream that is open."""
    with contender.serve(database) as server:
        stream("ping-pong", server, seconds=0.5, streams=10)
        before = server.memory()
        client = _start(_client("hold", server, streams=streams))
        assert client.stdout is not None
        if not client.stdout.readline():
            raise RuntimeError(f"{contender.name}: {streams} streams could not be opened.")
        time.sleep(SETTLE)
        grown = server.memory() - before
        _output(client)
        return grown / streams


def _start(command: list[str]) -> "subprocess.Popen[str]":
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def _output(client: "subprocess.Popen[str]") -> str:
    output, errors = client.communicate(timeout=300)
    if client.returncode:
        raise RuntimeError(f"The client has failed: {errors[-3000:]}")
    return output


def _client(kind: str, server: Server, **options: Any) -> list[str]:
    pairs = [f"{name}={json.dumps(value)}" for name, value in options.items()]
    return [sys.executable, "-m", "benchmarks.client", kind, server.target, *pairs]


def _unary_command(
    workload: Workload, server: Server, number: int, message: Any, seconds: float
) -> list[str]:
    body = message.SerializeToString()
    path = BUILD / f"request-{number}.bin"
    path.write_bytes(struct.pack(">BI", 0, len(body)) + body)
    if H2LOAD is None:
        options = {"seconds": seconds, "in_flight": workload.in_flight, "body": str(path)}
        metadata = [list(pair) for pair in workload.metadata]
        return _client("unary", server, path=workload.path, metadata=metadata, **options)
    headers = {"te": "trailers", "content-type": "application/grpc", **dict(workload.metadata)}
    return [
        *(
            H2LOAD,
            "-c1",
            "-t1",
            f"-m{workload.in_flight}",
            f"-D{seconds * 1000:.0f}ms",
            "-d",
            str(path),
        ),
        *(part for name, value in headers.items() for part in ("-H", f"{name}: {value}")),
        f"http://{server.target}{workload.path}",
    ]


def _count(output: str, size: int) -> int:
    """The calls that h2load has counted, if each was answered by ``size`` bytes or more.

    An error of gRPC is a success of HTTP, so h2load does not see it; but it carries no data.
    """
    done = re.search(r"(\d+) succeeded, (\d+) failed", output)
    data = re.search(r"\((\d+)\) data", output)
    if done is None or data is None:
        raise RuntimeError(f"h2load has failed: {output}")
    count = int(done[1])
    if int(done[2]) or int(data[1]) < count * size:
        raise RuntimeError(f"Some of {count} calls were answered by an error: {output}")
    return count
