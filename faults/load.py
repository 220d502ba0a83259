"""Unary calls, many at once, from a client like those that servers meet.

    python -m faults.load 127.0.0.1:50051 /grpc.health.v1.Health/Check --calls 20000

prints how many calls ended with which status, and how long they took. In a program:

    load = Load(target="127.0.0.1:50051", method="/grpc.health.v1.Health/Check")
    tally = await load.run(calls=20_000)
    assert not tally.failed, tally
"""

import argparse
import asyncio
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio
from grpc import StatusCode

RETRY_POLICY = {
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "0.1s",
                "maxBackoff": "1s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}
"""grpc's standard way to repeat a call that no server has answered."""


@dataclass(slots=True)
class Tally:
    """What has come of the calls: ``seconds`` in all, and of each that went well, in order."""

    statuses: Counter[StatusCode] = field(default_factory=Counter)
    details: Counter[str] = field(default_factory=Counter)
    """Why calls failed: ``STATUS: details``."""

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def calls(self) -> int:
        return self.statuses.total()

    @property
    def failed(self) -> int:
        return self.calls - self.statuses[StatusCode.OK]

    def percentile(self, share: float) -> float:
        """Seconds that ``share`` of the calls that went well took at most; NaN if none did."""
        ordered = sorted(self.latencies)
        return ordered[math.ceil(share * len(ordered)) - 1] if ordered else math.nan

    def __str__(self) -> str:
        rate = self.calls / self.seconds if self.seconds else math.nan
        times = ", ".join(f"p{p:g} {self.percentile(p / 100) * 1e3:.1f} ms" for p in (50, 99, 100))
        lines = [f"{self.calls} calls, {self.failed} failed, {rate:.0f}/s, {times}"]
        lines += [f"  {count} x {text}" for text, count in self.details.most_common()]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Calls of one method, ``in_flight`` at once, over ``channels`` connections.

    ``request`` is the message as bytes. Without ``retries`` a call is made once, and what grpc
    itself repeats, because no server has seen it, is all that is repeated.
    """

    target: str
    method: str
    request: bytes = b""
    channels: int = 8
    in_flight: int = 32
    timeout: float = 30.0
    """Seconds that one call may take, with all that is repeated of it."""

    retries: bool = True
    metadata: tuple[tuple[str, str], ...] = ()
    options: tuple[tuple[str, Any], ...] = ()
    """Options of the channels, beside those that follow from the rest."""

    async def run(
        self,
        *,
        calls: int | None = None,
        seconds: float | None = None,
        until: asyncio.Event | None = None,
        tally: Tally | None = None,
    ) -> Tally:
        """Call until any of the limits is reached: at least one must be given.

        Calls that have begun by then are waited for and counted. ``tally``, if it is given, is
        what they are counted in, and can be looked at meanwhile.
        """
        if calls is None and seconds is None and until is None:
            raise ValueError("Give calls, seconds or until: a load without an end is no test.")
        tally = Tally() if tally is None else tally
        began = time.monotonic()
        numbers = _numbers(calls, None if seconds is None else began + seconds, until)
        async with AsyncExitStack() as stack:
            opened = [
                await stack.enter_async_context(self._channel(number))
                for number in range(self.channels)
            ]
            async with asyncio.TaskGroup() as group:
                for number in range(self.in_flight):
                    call: Any = opened[number % self.channels].unary_unary(self.method)
                    group.create_task(self._caller(call, numbers, tally))
        tally.seconds = time.monotonic() - began
        return tally

    def _channel(self, number: int) -> grpc.aio.Channel:
        options = {
            # Channels to one target share one connection unless they say otherwise.
            "grpc.use_local_subchannel_pool": 1,
            "grpc.enable_retries": 1,
            **({"grpc.service_config": json.dumps(RETRY_POLICY)} if self.retries else {}),
            **dict(self.options),
        }
        return grpc.aio.insecure_channel(self.target, options=list(options.items()))

    async def _caller(self, call: Any, numbers: Iterator[int], tally: Tally) -> None:
        """One call after the other, as long as there are ``numbers``."""
        for _ in numbers:
            began = time.monotonic()
            try:
                await call(self.request, timeout=self.timeout, metadata=self.metadata)
            except grpc.aio.AioRpcError as exc:
                tally.statuses[exc.code()] += 1
                tally.details[f"{exc.code().name}: {exc.details()}"] += 1
            else:
                tally.statuses[StatusCode.OK] += 1
                tally.latencies.append(time.monotonic() - began)


def _numbers(calls: int | None, end: float | None, until: asyncio.Event | None) -> Iterator[int]:
    number = 0
    while (
        (calls is None or number < calls)
        and (end is None or time.monotonic() < end)
        and not (until is not None and until.is_set())
    ):
        yield number
        number += 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m faults.load", description=__doc__)
    parser.add_argument("target", help="HOST:PORT of a server")
    parser.add_argument("method", help="/PACKAGE.SERVICE/METHOD, which gets an empty message")
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--channels", type=int, default=8)
    parser.add_argument("--in-flight", type=int, default=32)
    parser.add_argument("--no-retries", action="store_true", help="make each call once")
    options = parser.parse_args()
    load = Load(
        target=options.target,
        method=options.method,
        channels=options.channels,
        in_flight=options.in_flight,
        retries=not options.no_retries,
    )
    tally = asyncio.run(load.run(calls=options.calls))
    print(tally)
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
