"""``python -m faults.streams``: a thousand open streams on one aio server, and calls beside them.

Each stream sends a message a second and gets it back. It prints what a stream costs of the
server's memory, and how long calls took meanwhile; the exit code is 1 if a stream was lost.
"""

import argparse
import asyncio
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import grpc.aio

from faults.lab import Lab
from faults.project.faulty.grpc import faulty_pb2 as pb
from faults.server import Server
from faults.stubs import Stub

PER_CHANNEL = 50
"""Streams on one connection, of the 100 that a server lets it have."""
PATIENCE = 60.0


@dataclass(slots=True)
class Held:
    """What was measured: bytes of memory for a stream, seconds of the calls, streams lost."""

    opened: int = 0
    answered: int = 0
    lost: int = 0
    per_stream: float = 0.0
    latencies: list[float] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        return sorted(self.latencies)[int(share * (len(self.latencies) - 1))]

    def __str__(self) -> str:
        times = ", ".join(f"p{p} {self.percentile(p / 100) * 1e3:.1f} ms" for p in (50, 99))
        return (
            f"{self.opened} streams, {self.lost} lost, {self.answered} messages there and back, "
            f"{self.per_stream / 1024:.1f} KiB of memory a stream; "
            f"{len(self.latencies)} calls beside them: {times}"
        )


async def hold(server: Server, count: int, seconds: float) -> Held:
    """Hold ``count`` streams open for ``seconds``."""
    held = Held()
    channels = [
        grpc.aio.insecure_channel(server.target, options=[("faults.number", number)])
        for number in range(-(-count // PER_CHANNEL) + 1)
    ]
    stubs = [Stub(channel) for channel in channels]
    before = server.memory()
    calls = []
    for number in range(count):
        calls.append(stubs[number // PER_CHANNEL].Chat())
        if await asyncio.wait_for(calls[-1].read(), PATIENCE):
            held.opened += 1
    held.per_stream = (server.memory() - before) * 1024 * 1024 / count
    over = time.monotonic() + seconds
    try:
        async with asyncio.TaskGroup() as group:
            for number, call in enumerate(calls):
                group.create_task(_talk(call, over, number / count, held))
            group.create_task(_ask(stubs[-1], over, held))
    finally:
        for channel in channels:
            await channel.close()
    return held


async def _talk(call: Any, over: float, offset: float, held: Held) -> None:
    """A message a second, ``offset`` seconds after the first stream's."""
    try:
        await asyncio.sleep(offset)
        while time.monotonic() < over:
            await call.write(pb.CallChatRequest(text="there"))
            reply = await asyncio.wait_for(call.read(), PATIENCE)
            if reply is grpc.aio.EOF or reply.text != "there":
                raise ConnectionError("The stream has ended.")
            held.answered += 1
            await asyncio.sleep(1)
        await call.done_writing()
        if await call.code() is not grpc.StatusCode.OK:
            held.lost += 1
    except (grpc.aio.AioRpcError, TimeoutError, ConnectionError, asyncio.InvalidStateError):
        held.lost += 1


async def _ask(stub: Stub, over: float, held: Held) -> None:
    while time.monotonic() < over:
        began = time.monotonic()
        await stub.Echo(pb.CallEchoRequest(text="beside"), timeout=PATIENCE)
        held.latencies.append(time.monotonic() - began)
        await asyncio.sleep(0.01)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m faults.streams", description=__doc__)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60)
    args = parser.parse_args()
    with Lab("aio") as lab, lab.serve(environment={"LOG_LEVEL": "ERROR"}) as server:
        server.serves()
        held = asyncio.run(hold(server, args.streams, args.seconds))
    print(held)
    return int(held.lost > 0 or held.opened < args.streams)


if __name__ == "__main__":
    sys.exit(main())
