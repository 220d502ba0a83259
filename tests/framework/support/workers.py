"""Workers on a loop of their own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from django_socio_grpc.concurrency import Workers

Main: TypeAlias = Callable[[Workers], Awaitable[None]]


def with_workers(main: Main, **sizes: int) -> None:
    """Run ``main`` with workers on a loop, and stop them."""

    async def run() -> None:
        workers = Workers(asyncio.get_running_loop(), **sizes)
        try:
            await asyncio.wait_for(main(workers), 30)
        finally:
            await asyncio.to_thread(workers.stop)

    asyncio.run(run())
