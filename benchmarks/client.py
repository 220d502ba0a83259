"""Loads a server with streams, and prints what it did as one line of JSON.

``python -m benchmarks.client KIND TARGET [NAME=VALUE ...]`` runs in a process of its own, so that
the client's work and the server's do not share an interpreter. It also stands in for h2load.
"""

import asyncio
import json
import sys
import time
from typing import Any

import grpc

from benchmarks.project.bench.grpc import bench_pb2 as pb

CHAT = "/bench.CallController/Chat"
STREAM = "/bench.RowsController/Stream"
WAIT = "/bench.CallController/Wait"
CHANNELS = 4
ROWS = 10_000


def _channel(target: str, number: int = 0) -> grpc.aio.Channel:
    # Channels of equal options share one connection; a number of its own keeps them apart.
    options = [("bench.number", number)]
    return grpc.aio.insecure_channel(target, options=options)


async def unary(
    target: str, path: str, body: str, metadata: Any, seconds: float, in_flight: int
) -> Any:
    """Calls of ``path`` for ``seconds``, ``in_flight`` at a time."""
    pairs = [(name, value) for name, value in metadata]
    with open(body, "rb") as file:
        request = file.read()[5:]
    end, count = time.perf_counter() + seconds, 0
    async with _channel(target) as channel:
        call: Any = channel.unary_unary(path)

        async def caller() -> None:
            nonlocal count
            while time.perf_counter() < end:
                await call(request, metadata=pairs)
                count += 1

        await asyncio.gather(*(caller() for _ in range(in_flight)))
    return {"count": count, "seconds": seconds}


async def download(target: str, seconds: float) -> Any:
    """Whole streams of rows, one after the other."""
    started, count = time.perf_counter(), 0
    async with _channel(target) as channel:
        call: Any = channel.unary_stream(
            STREAM, response_deserializer=pb.QuestionResponse.FromString
        )
        while time.perf_counter() - started < seconds:
            rows = [row async for row in call(b"")]
            assert len(rows) == ROWS, f"{len(rows)} rows came, not {ROWS}"
            assert rows[-1].pub_date, rows[-1]
            count += len(rows)
        return {"count": count, "seconds": time.perf_counter() - started}


async def ping_pong(target: str, seconds: float, streams: int) -> Any:
    """On each stream one message at a time: the next after the reply to the last."""
    channels = [_channel(target, number) for number in range(min(CHANNELS, streams))]
    message, count = pb.CallChatRequest(text="ping"), 0
    calls = [_chat(channels[number % len(channels)]) for number in range(streams)]
    for call in calls:  # a stream is open when its first reply is there
        await call.write(message)
        await call.read()
    started = time.perf_counter()
    end = started + seconds

    async def player(call: Any) -> None:
        nonlocal count
        while time.perf_counter() < end:
            await call.write(message)
            assert (await call.read()).text == "ping"
            count += 1

    await asyncio.gather(*(player(call) for call in calls))
    elapsed = time.perf_counter() - started
    for channel in channels:
        await channel.close()
    return {"count": count, "seconds": elapsed}


async def hold(target: str, streams: int) -> Any:
    """Open streams, say so, and hold them until the input ends."""
    channels = [_channel(target, number) for number in range(CHANNELS)]
    calls = []
    for number in range(streams):  # one after the other: who opens all at once is cut off
        calls.append(_chat(channels[number % len(channels)]))
        await calls[-1].write(pb.CallChatRequest(text="ping"))
        await calls[-1].read()
    print(json.dumps({"open": len(calls)}), flush=True)
    await asyncio.to_thread(sys.stdin.read)  # until whoever started this closes it
    for channel in channels:
        await channel.close()
    return {"count": len(calls), "seconds": 1}


async def at_once(target: str, calls: int, wait: float) -> Any:
    """Calls that each wait for a query of ``wait`` seconds, all at the same time."""
    async with _channel(target) as channel:
        call: Any = channel.unary_unary(WAIT)
        await call(pb.CallWaitRequest(seconds=0).SerializeToString())
        request = pb.CallWaitRequest(seconds=wait).SerializeToString()
        started = time.perf_counter()
        await asyncio.gather(*(call(request) for _ in range(calls)))
        return {"count": calls, "seconds": time.perf_counter() - started}


def _chat(channel: grpc.aio.Channel) -> Any:
    return channel.stream_stream(
        CHAT, pb.CallChatRequest.SerializeToString, pb.CallChatResponse.FromString
    )()


KINDS: dict[str, Any] = {
    "unary": unary,
    "download": download,
    "ping-pong": ping_pong,
    "hold": hold,
    "at-once": at_once,
}


def main() -> None:
    kind, target, *pairs = sys.argv[1:]
    options = {name: json.loads(value) for name, _, value in (p.partition("=") for p in pairs)}
    print(json.dumps(asyncio.run(KINDS[kind](target, **options))))


if __name__ == "__main__":
    main()
