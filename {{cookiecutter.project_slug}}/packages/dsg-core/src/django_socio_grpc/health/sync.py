"""The health service on ``grpc.server``: it has threads of its own.

A server whose workers are all busy is a healthy one, and has to say so.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

import grpc

from django_socio_grpc.concurrency import LoopThread
from django_socio_grpc.exceptions import Abort
from django_socio_grpc.health import messages
from django_socio_grpc.health.board import Board
from django_socio_grpc.health.checks import declared_checks
from django_socio_grpc.health.monitor import Monitor

P = ParamSpec("P")
T = TypeVar("T")

STOP = 5.0
"""Seconds for the checks to end."""
THREADS = 8
"""For calls that begin, and as many for news."""
TO_TAKE = 2.0
"""Seconds that who watches has to take news: a few bytes, for which there is room as a rule."""


class SyncHealth:
    """Answers for ``services``, full names, of one server. Its checks run on ``loop``."""

    def __init__(self, services: Sequence[str], loop: LoopThread) -> None:
        self._loop = loop
        self.board = Board(services, lambda: self._monitor.alive())
        self._monitor = Monitor(self.board, declared_checks(services))
        self._reading: dict[Any, None] = {}
        self._asked = _Threads(self._make_room)
        self._watched = ThreadPoolExecutor(THREADS, "grpc-health-watch")

    def start(self, server: grpc.Server) -> None:
        """Run each check once, and go on with them; let ``server`` answer."""
        self._loop.run(self._monitor.start())
        # As a stream, for a handler of a single request is not called before that is there:
        # whoever sends none would keep a thread.
        handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            "Check": grpc.stream_unary_rpc_method_handler(_Behavior(self._check, self._asked)),
            "Watch": grpc.stream_stream_rpc_method_handler(
                _Behavior(self._watch, self._asked, sends=True)
            ),
        }
        if messages.HealthListResponse is not None:
            list_all = _Behavior(self._list, self._asked)
            handlers["List"] = grpc.stream_unary_rpc_method_handler(list_all)
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(messages.SERVICE, handlers),)
        )

    def drain(self) -> None:
        """Answer from now on that nothing serves, in calls that are open too."""
        self.board.drain()

    def end(self) -> None:
        """End the calls that are open: the server waits for them."""
        self.board.end()
        for context in list(self._reading):
            context.cancel()

    def stop(self) -> None:
        """End the checks, and the threads."""
        with suppress(TimeoutError):  # of a loop that is stuck
            self._loop.submit(self._monitor.stop()).result(STOP)
        for threads in (self._asked, self._watched):
            threads.shutdown(wait=False, cancel_futures=True)

    def _check(self, requests: Any, context: Any) -> bytes:
        return messages.check(self.board, self._read(requests, context))

    def _list(self, requests: Any, context: Any) -> bytes:
        return messages.list_all(self.board, self._read(requests, context))

    def _watch(self, requests: Any, context: Any, send: Callable[[Any], None]) -> None:
        service = messages.service_of(self._read(requests, context))
        watcher = _Watcher(self.board, service, context, send)

        def news() -> None:
            self._watched.submit(watcher.tell)

        forget = self.board.listen(news)
        if context.add_callback(forget):
            news()
        else:
            forget()

    def _read(self, requests: Any, context: Any) -> bytes | None:
        """The one request of a call; None if its client sends none."""
        self._reading[context] = None
        try:
            if self.board.ended:  # asked now, for ``end`` may not have met this call
                raise messages.stopping()
            if self._asked.is_full:
                self._make_room()
            with _within(messages.PATIENCE, context):
                return next(requests, None)
        finally:
            self._reading.pop(context, None)

    def _make_room(self) -> None:
        """A call waits for a thread: the one that has been waited for longest loses its own.

        A request comes along with its call, as a rule. To wait for others as long as they like
        would keep the threads from who asks whether this process lives.
        """
        for context in list(self._reading)[:1]:
            self._reading.pop(context, None)
            context.cancel()


@contextmanager
def _within(seconds: float, context: Any) -> Iterator[None]:
    """Cancel the call if its client keeps this block, and so a thread, for longer."""
    limit = threading.Timer(seconds, context.cancel)
    limit.daemon = True
    limit.start()
    try:
        yield
    finally:
        limit.cancel()


class _Threads(ThreadPoolExecutor):  # grpc takes no other class for threads of a handler's own
    """Calls ``waits()`` for each job that comes when all threads are at one."""

    def __init__(self, waits: Callable[[], None]) -> None:
        super().__init__(THREADS, "grpc-health")
        self._waits = waits
        self._load = 0
        self._counting = threading.Lock()

    @property
    def is_full(self) -> bool:
        """Whether a job waits for a thread."""
        return self._load > THREADS

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        with self._counting:
            self._load += 1
        if self.is_full:
            self._waits()
        future = super().submit(fn, *args, **kwargs)
        future.add_done_callback(self._done)
        return future

    def _done(self, future: Future[Any]) -> None:
        with self._counting:
            self._load -= 1


class _Watcher:
    """Tells the client of one ``Watch`` what is new, from any thread."""

    def __init__(
        self, board: Board, service: str, context: Any, send: Callable[[Any], None]
    ) -> None:
        self._board, self._service = board, service
        self._context, self._send = context, send
        self._lock = threading.Lock()
        self._sent: int | None = None

    def tell(self) -> None:
        with self._lock:
            ended, status = self._board.ended, messages.watched(self._board, self._service)
            if status != self._sent:
                with _within(TO_TAKE, self._context):
                    self._send(messages.reply(status))
                self._sent = status
            if ended:
                end = messages.stopping()
                self._context.set_code(end.code)
                self._context.set_details(end.details)
                self._send(None)


class _Behavior:
    """What ``grpc.server`` calls, in ``threads``.

    With ``sends`` a call needs no thread while it is open: it is answered by the function that
    comes as the third argument, until that is given None.
    """

    def __init__(
        self, call: Callable[..., Any], threads: ThreadPoolExecutor, *, sends: bool = False
    ) -> None:
        self._call = call
        self._sends = sends
        self.experimental_thread_pool = threads
        self.experimental_non_blocking = sends

    def __call__(self, requests: Any, context: Any, *send: Callable[[Any], None]) -> Any:
        try:
            if self._sends and not send:  # an interceptor stands before it, and knows no third
                return self._replies(requests, context)
            return self._call(requests, context, *send)
        except Abort as exc:
            context.abort(exc.code, exc.details)

    def _replies(self, requests: Any, context: Any) -> Iterator[Any]:
        replies: SimpleQueue[Any] = SimpleQueue()
        context.add_callback(lambda: replies.put(None))
        self._call(requests, context, replies.put)
        return iter(replies.get, None)
