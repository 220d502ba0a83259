"""A client that holds streams open, as a process of its own that can be frozen or killed.

``python -m faults.holder TARGET COUNT`` says "open" when each stream has brought something.
"""

import asyncio
import sys
from typing import Any

import grpc.aio
from grpc.aio import EOF

from faults.project.faulty.grpc import faulty_pb2 as pb
from faults.stubs import Stub

CHANNELS = 8


async def hold(target: str, count: int) -> None:
    channels = [
        # A number of its own keeps a channel from sharing the others' connection.
        grpc.aio.insecure_channel(target, options=[("faults.number", number)])
        for number in range(CHANNELS)
    ]
    stubs = [Stub(channel) for channel in channels]
    calls: list[Any] = []
    for number in range(count):
        call = stubs[number % CHANNELS].Ticks(pb.CallTicksRequest(seconds=0.5))
        await call.read()
        calls.append(call)
    print("open", flush=True)
    await asyncio.gather(*(_drain(call) for call in calls))


async def _drain(call: Any) -> None:
    while await call.read() is not EOF:
        pass


if __name__ == "__main__":
    asyncio.run(hold(sys.argv[1], int(sys.argv[2])))
