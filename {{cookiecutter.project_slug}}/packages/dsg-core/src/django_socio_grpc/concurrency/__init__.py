"""Threads and loops. No other module of the framework names either.

A handler is sync or async and a server is sync or async; this package carries calls and streams
between the two colours.
"""

from django_socio_grpc.concurrency.batches import Batches
from django_socio_grpc.concurrency.colour import (
    blocking,
    is_async,
    offload,
    on_loop,
    sync_twin,
)
from django_socio_grpc.concurrency.connections import has_news, lending, tend_connections
from django_socio_grpc.concurrency.executors import LoopExecutor, PoolExecutor
from django_socio_grpc.concurrency.loop import EXITS, LoopThread, run_to_end
from django_socio_grpc.concurrency.operation import Operation
from django_socio_grpc.concurrency.pipe import Pipe, PipeClosed, fill
from django_socio_grpc.concurrency.slots import CallSlot, Slots, rest
from django_socio_grpc.concurrency.timeouts import Timeouts
from django_socio_grpc.concurrency.waiting import await_from_thread, settled
from django_socio_grpc.concurrency.watchdog import Watchdog
from django_socio_grpc.concurrency.work import Work, begin_call, current_work, end_call
from django_socio_grpc.concurrency.worker import WorkLoad
from django_socio_grpc.concurrency.workers import CallerThread, Threads, Workers

__all__ = [
    "EXITS",
    "Batches",
    "CallSlot",
    "CallerThread",
    "LoopExecutor",
    "LoopThread",
    "Operation",
    "Pipe",
    "PipeClosed",
    "PoolExecutor",
    "Slots",
    "Threads",
    "Timeouts",
    "Watchdog",
    "Work",
    "WorkLoad",
    "Workers",
    "await_from_thread",
    "begin_call",
    "blocking",
    "current_work",
    "end_call",
    "fill",
    "has_news",
    "is_async",
    "lending",
    "offload",
    "on_loop",
    "rest",
    "run_to_end",
    "settled",
    "sync_twin",
    "tend_connections",
]
