"""Errors of task groups: one is told as what it is, several are a fault."""

import asyncio
from typing import Any

import pytest
from declared import code_of, stub_of
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import NotFound, PermissionDenied
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from failures import TEXT
from grpc import StatusCode


async def fail(error: Exception) -> None:
    await asyncio.sleep(0)
    raise error


class GroupService(Service):
    service_name = "Group"
    pb: Any
    errors: tuple[Exception, ...] = ()

    @grpc_action(request=TEXT, response=TEXT)
    async def One(self, request: Any, context: Any) -> Any:
        async with asyncio.TaskGroup() as outer:
            outer.create_task(self.inner())

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    async def Many(self, request: Any, context: Any) -> Any:
        yield self.pb.GroupManyResponse()
        await self.inner()

    async def inner(self) -> None:
        async with asyncio.TaskGroup() as group:
            for error in self.errors:
                group.create_task(fail(error))


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ((NotFound("Gone."),), StatusCode.NOT_FOUND),
        ((ValueError("hunter2"),), StatusCode.INTERNAL),
        ((NotFound("Gone."), PermissionDenied()), StatusCode.INTERNAL),
    ],
)
def test_errors_of_task_groups(
    mode: Mode, errors: tuple[Exception, ...], code: StatusCode
) -> None:
    with stub_of(mode, type("GroupService", (GroupService,), {"errors": errors})) as stub:
        assert code_of(stub.One) is code
        assert code_of(lambda: list(stub.Many())) is code
