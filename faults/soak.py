"""``python -m faults.soak``: many calls of all kinds, and nothing of them left in the server.

Of 100 calls 5 are cancelled. Before the first one and after the last the server counts what it
holds: memory, files, threads, tasks, connections to the database. The exit code is 1 if it grows.
"""

import argparse
import asyncio
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc.aio
from grpc import StatusCode
from grpc.aio import EOF

from faults import postgresql
from faults.lab import MODES, Absent, Lab
from faults.project.faulty.grpc import faulty_pb2 as pb
from faults.server import Server
from faults.stubs import SAMPLES, Stub
from faults.waiting import until

SETTLE = 20.0
"""Seconds at most for what belongs to calls to be gone when they are over."""
SAMPLES_TAKEN = 40
WARM = 0.4
"""The part of the calls after which the memory is to stay as it is."""
MIB_PER_100K = 4.0
SPARE = 4
"""Files and threads that may come and go: a pool's, a log's."""
MESSAGES = 5
CANCELLED = 0.05
IN_FLIGHT = 16
CHANNELS = 4
ROWS = 20
POOL = 20
"""Connections to the database that the server may have: it opens more as it needs them."""
QUIET = {"LOG_LEVEL": "ERROR", "DATABASE_POOL_SIZE": str(POOL)}

Act = Callable[["Client", random.Random], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Client:
    """Stubs on one connection."""

    calls: Stub
    samples: Stub


@dataclass(slots=True)
class Record:
    """What came of the calls, and how the memory went: pairs of calls made and MiB."""

    ends: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[int, float]] = field(default_factory=list)

    @property
    def made(self) -> int:
        return self.ends.total()


async def _echo(client: Client, dice: random.Random) -> None:
    await client.calls.Echo(pb.CallEchoRequest(text="x" * dice.randrange(2000)))


async def _retrieve(client: Client, dice: random.Random) -> None:
    await client.samples.Retrieve(pb.SampleRetrieveRequest(id=dice.randrange(1, ROWS + 1)))


async def _list(client: Client, dice: random.Random) -> None:
    await client.samples.List(pb.SampleListRequest())


async def _chat(client: Client, dice: random.Random) -> None:
    call = client.calls.Chat()
    await call.read()
    for _ in range(MESSAGES):
        await call.write(pb.CallChatRequest(text="x"))
        await call.read()
    await call.done_writing()
    while await call.read() is not EOF:
        pass


async def _upload(client: Client, dice: random.Random) -> None:
    call = client.calls.Upload()
    for _ in range(MESSAGES):
        await call.write(pb.CallUploadRequest(text="x"))
    await call.done_writing()
    await call


async def _refused(client: Client, dice: random.Random) -> None:
    try:
        await client.samples.Create(pb.SampleRequest(name="", count=-1))
    except grpc.aio.AioRpcError as error:
        if error.code() is not StatusCode.INVALID_ARGUMENT:
            raise


async def _cancel(client: Client, dice: random.Random) -> None:
    if dice.random() < 0.5:
        call: Any = client.calls.Sleep(pb.CallSleepRequest(seconds=0.05))
    else:
        call = client.calls.Ticks(pb.CallTicksRequest(seconds=0.05))
        await call.read()
    await asyncio.sleep(dice.random() * 0.02)
    call.cancel()


KINDS: Sequence[tuple[Act, int]] = (
    (_echo, 60),
    (_retrieve, 15),
    (_list, 5),
    (_chat, 6),
    (_upload, 6),
    (_refused, 8),
)


async def _load(server: Server, count: int, seed: int) -> Record:
    record, dice = Record(), random.Random(seed)  # noqa: S311
    acts, weights = zip(*KINDS, strict=True)
    channels = [
        grpc.aio.insecure_channel(server.target, options=[("faults.number", number)])
        for number in range(CHANNELS)
    ]
    clients = [Client(Stub(channel), Stub(channel, SAMPLES)) for channel in channels]
    every, begun = max(1, count // SAMPLES_TAKEN), 0

    async def caller(client: Client) -> None:
        nonlocal begun
        while begun < count:
            begun += 1
            cancels = dice.random() < CANCELLED
            act = _cancel if cancels else dice.choices(acts, weights)[0]
            try:
                await asyncio.wait_for(act(client, dice), 60)
                record.ends["cancelled" if cancels else "OK"] += 1
            except grpc.aio.AioRpcError as error:
                record.ends[error.code().name] += 1
            except TimeoutError:
                record.ends["no answer"] += 1
            if record.made % every == 0:
                record.memory.append((record.made, server.memory()))

    try:
        await asyncio.gather(*(caller(clients[n % CHANNELS]) for n in range(IN_FLIGHT)))
    finally:
        for channel in channels:
            await channel.close()
    return record


def growth(memory: Sequence[tuple[int, float]], made: int) -> float:
    """MiB that 100,000 calls add, by least squares over what came after the server was warm."""
    points = [(x, y) for x, y in memory if x >= made * WARM]
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    square = sum((x - middle_x) ** 2 for x, _ in points)
    slope = sum((x - middle_x) * (y - middle_y) for x, y in points) / square if square else 0.0
    return slope * 100_000


def soak(server: Server, calls: int, connections: Callable[[], int], seed: int = 1) -> list[str]:
    """Make the calls, print what came of them, and return what is wrong."""
    with server.samples() as samples:
        for number in range(ROWS):
            samples.Create(pb.SampleRequest(name=str(number)), timeout=60)
    asyncio.run(_load(server, max(200, calls // 20), seed + 1))  # to warm up
    until(lambda: not any(server.count(name) for name in ("ticks", "chats", "sleeps")), SETTLE)
    before, connected = server.state(), connections()
    began = time.monotonic()
    record = asyncio.run(_load(server, calls, seed))
    seconds = time.monotonic() - began
    names = ("tasks", "threads", "files", "ticks", "chats", "sleeps")
    until(lambda: not _more(before, server.state(), names), SETTLE)
    after, connected_after = server.state(), connections()
    # Each connection that the pool has opened since is a file as well.
    before["files"] += max(0, connected_after - connected)
    slope = growth(record.memory, record.made)
    print(f"{record.made} calls in {seconds:.0f} s: {dict(record.ends)}")
    first, last = record.memory[0][1], record.memory[-1][1]
    print(f"memory: {first:.1f} to {last:.1f} MiB, {slope:+.2f} MiB per 100,000 calls")
    for name in names:
        print(f"{name}: {before.get(name, 0)} before, {after.get(name, 0)} after")
    print(
        f"connections to PostgreSQL: {connected} before, {connected_after} after, {POOL} at most"
    )
    wrong = _more(before, after, names)
    wrong += [f"{name}: {n}" for name, n in record.ends.items() if name not in {"OK", "cancelled"}]
    if slope > MIB_PER_100K:
        wrong.append(f"memory grows by {slope:.1f} MiB per 100,000 calls")
    if connected_after > POOL:
        wrong.append(f"{connected_after} connections to the database, of {POOL} at most")
    return wrong


def _more(before: dict[str, int], after: dict[str, int], names: Sequence[str]) -> list[str]:
    return [
        f"{name}: {before.get(name, 0)} before, {after.get(name, 0)} after"
        for name in names
        if after.get(name, 0) > before.get(name, 0) + SPARE
    ]


@contextmanager
def _served(lab: Lab) -> Iterator[tuple[Server, Callable[[], int]]]:
    """A server on PostgreSQL, or on SQLite where there is none, and what counts connections."""
    try:
        with (
            postgresql.cluster() as cluster,
            lab.serve(database=cluster.url, environment=QUIET) as server,
        ):
            yield server, cluster.sessions
    except Absent as absent:
        print(f"On SQLite: {absent}.")
        with lab.serve(environment=QUIET) as server:
            yield server, lambda: 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m faults.soak", description=__doc__)
    parser.add_argument("--calls", type=int, default=200_000)
    parser.add_argument("--mode", choices=MODES, help="only this server")
    args = parser.parse_args()
    # As an exception, for the servers that were started are to end with this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    short = False
    for mode in [args.mode] if args.mode else MODES:
        print(f"{mode}:")
        with Lab(mode) as lab, _served(lab) as (server, connections):
            wrong = soak(server, args.calls, connections)
        print(f"SHORT: {'; '.join(wrong)}" if wrong else "ok", flush=True)
        short = short or bool(wrong)
    return int(short)


if __name__ == "__main__":
    sys.exit(main())
