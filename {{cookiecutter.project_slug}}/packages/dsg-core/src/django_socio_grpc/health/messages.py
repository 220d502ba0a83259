"""The messages of ``grpc.health.v1``, from and to bytes, and what is answered to them."""

from typing import Any

from grpc import StatusCode
from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from django_socio_grpc.calls.failures import no_message
from django_socio_grpc.calls.plan import decoder
from django_socio_grpc.exceptions import Abort
from django_socio_grpc.health.board import LIVENESS, Board, Status

HealthListResponse: Any = getattr(health_pb2, "HealthListResponse", None)
"""The answer to ``List``, which grpcio-health-checking has from 1.85 on."""

SERVICE = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name

PATIENCE = 10.0
"""Seconds that a client has from the start of a call to its request."""

_decode = decoder(HealthCheckRequest)


def service_of(data: bytes | None) -> str:
    """The service that a request, or None for none, asks for.

    Raises:
        Abort: there is no request, or it is not one.
    """
    if data is None:
        raise no_message()
    service: str = _decode(data).service
    return service


def check(board: Board, data: bytes | None) -> bytes:
    """The answer to ``Check``.

    Raises:
        Abort: there is no such service.
    """
    service = service_of(data)
    status = board.status(service)
    if status is None:
        raise Abort(StatusCode.NOT_FOUND, f"There is no service {service!r:.200}.")
    return reply(status)


def list_all(board: Board, data: bytes | None) -> bytes:
    """The answer to ``List``, whose request says nothing.

    Raises:
        Abort: there is no request.
    """
    service_of(data and b"")
    statuses = {name: board.status(name) for name in (*board.services, LIVENESS)}
    found: bytes = HealthListResponse(
        statuses={name: HealthCheckResponse(status=status) for name, status in statuses.items()}
    ).SerializeToString()
    return found


def watched(board: Board, service: str) -> Status:
    """The status that who watches ``service`` is to hear of."""
    status = board.status(service)
    return HealthCheckResponse.SERVICE_UNKNOWN if status is None else status


def reply(status: Status) -> bytes:
    return HealthCheckResponse(status=status).SerializeToString()


def stopping() -> Abort:
    """What ends a ``Watch`` when the server stops."""
    return Abort(StatusCode.UNAVAILABLE, "The server stops.")
