"""An event loop in a thread of its own, for async handlers on a server that has no loop."""

import asyncio
import logging
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from django_socio_grpc.concurrency.executors import LoopExecutor

T = TypeVar("T")

EXITS = (SystemExit, KeyboardInterrupt)
"""What a task raises past its loop, which all the others need."""

logger = logging.getLogger("django_socio_grpc.internal")


def run_to_end(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T]) -> T:
    """Run ``coroutine`` on ``loop``, which no other task can end."""
    task = loop.create_task(coroutine)
    while True:
        try:
            return loop.run_until_complete(task)
        except EXITS:
            if task.done():
                raise
            logger.exception(GOES_ON)


GOES_ON = "A task was to end the process. It has ended itself alone."


class LoopThread:
    """Runs coroutines for threads that wait for them."""

    def __init__(self, name: str = "grpc-loop") -> None:
        self.loop = asyncio.new_event_loop()
        self.loop.set_default_executor(LoopExecutor())
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Start ``coroutine``; cancelling the returned future cancels it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run ``coroutine`` to its end and return its result."""
        return self.submit(coroutine).result()

    def stop(self, timeout: float = 5.0) -> None:
        """Cancel what still runs and end the thread.

        What runs has ``timeout`` seconds to clean up; a coroutine that blocks the loop for as
        long again is left behind, in a thread that does not keep the process alive.
        """
        if self.loop.is_closed():
            return
        with suppress(TimeoutError):
            self.submit(_cancel_others()).result(timeout)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(timeout)
        if not self._thread.is_alive():
            self.loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        while True:
            try:
                self.loop.run_forever()
            except EXITS:
                logger.exception(GOES_ON)
            else:
                return


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()
