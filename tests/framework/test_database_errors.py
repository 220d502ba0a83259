"""What PostgreSQL refuses, and what the client is told."""

from typing import Any

import grpc
import pytest
from asgiref.sync import sync_to_async
from declared import stub_of, trailers_of
from django.db import connection
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from grpc import StatusCode

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "connection.vendor != 'postgresql'", reason="on PostgreSQL, by test_postgresql.py"
    ),
]
STATE = [{"name": "state", "type": "string"}]
SECRET = "hunter2"


def fail(state: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE '{SECRET}' USING ERRCODE = '{state}'; END $$")


class SyncRefused(Service):
    service_name = "Refused"

    @grpc_action(request=STATE, response=[])
    def Ask(self, request: Any, context: Any) -> None:
        fail(request.state)


class AsyncRefused(Service):
    service_name = "Refused"

    @grpc_action(request=STATE, response=[])
    async def Ask(self, request: Any, context: Any) -> None:
        await sync_to_async(fail)(request.state)


@pytest.mark.parametrize("service", [SyncRefused, AsyncRefused])
@pytest.mark.parametrize(
    ("state", "code", "again"),
    [
        ("40001", StatusCode.ABORTED, True),  # serialization failure
        ("40P01", StatusCode.ABORTED, True),  # deadlock
        ("55P03", StatusCode.ABORTED, True),  # lock not available
        ("25P03", StatusCode.ABORTED, True),  # idle in transaction for too long
        ("25006", StatusCode.UNAVAILABLE, True),  # read only
        ("57P01", StatusCode.UNAVAILABLE, True),  # the server shuts down
        ("53300", StatusCode.RESOURCE_EXHAUSTED, True),  # too many connections
        ("57014", StatusCode.DEADLINE_EXCEEDED, False),  # cancelled, and not by us
        ("23502", StatusCode.FAILED_PRECONDITION, False),  # not null
        ("22003", StatusCode.INVALID_ARGUMENT, False),  # out of range
        ("42601", StatusCode.INTERNAL, False),  # syntax
    ],
)
def test_what_the_client_is_told(
    mode: Mode, service: type[Service], state: str, code: StatusCode, again: bool
) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        stub.Ask(state=state)
    assert caught.value.code() is code
    assert SECRET not in str(caught.value)
    data: Any = trailers_of(caught.value)["grpc-status-details-bin"]
    status = Status.FromString(data)
    assert any(detail.Unpack(RetryInfo()) for detail in status.details) is again
