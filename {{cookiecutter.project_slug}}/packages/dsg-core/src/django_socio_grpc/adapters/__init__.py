"""How a plan is served: by ``grpc.aio`` or by ``grpc.server``.

An adapter owns the edge of the wire. It takes requests as bytes, counts and parses them itself,
and is the one place where an error becomes a status: grpc.aio alone never answers a unary call
that carries no message, and shows clients the text of internal errors.
"""

from collections.abc import Callable, Mapping
from typing import Any

import grpc

from django_socio_grpc.adapters import aio, sync
from django_socio_grpc.adapters.door import NOTICE
from django_socio_grpc.adapters.runtime import (
    AioRuntime,
    SyncRuntime,
    current,
    registering,
    runtime_of,
)
from django_socio_grpc.calls.plan import CallPlan

__all__ = [
    "NOTICE",
    "AioRuntime",
    "SyncRuntime",
    "behavior",
    "current",
    "registering",
    "runtime_of",
    "service_handler",
]


def service_handler(name: str, plans: Mapping[str, CallPlan]) -> "grpc.GenericRpcHandler":
    """Return what serves ``plans``, by rpc, from and to bytes, for the current runtime."""
    runtime = current()
    if isinstance(runtime, AioRuntime):
        return aio.service_handler(name, plans, runtime)
    return sync.ServiceHandler(name, plans, runtime)


def behavior(plan: CallPlan) -> Callable[[Any, Any], Any]:
    """Return the servicer's method of ``plan``, from and to messages, for the current runtime."""
    runtime = current()
    if isinstance(runtime, AioRuntime):
        return aio.behavior(plan, runtime)
    return sync.behavior(plan, runtime)
