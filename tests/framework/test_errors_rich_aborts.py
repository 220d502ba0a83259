"""The rich status of ``context.abort`` and of ``abort_with_status``, in either colour."""

from typing import Any

import pytest
from declared import stub_of
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from failures import (
    TEXT,
)
from google.rpc.error_details_pb2 import (
    Help,
)
from google.rpc.status_pb2 import Status as RpcStatus
from grpc import StatusCode
from grpc_status import rpc_status
from rich_errors import detail, end, rich


def status_of(code: StatusCode, message: str) -> Any:
    status = RpcStatus(code=code.value[0], message=message)
    status.details.add().Pack(Help(links=[Help.Link(url="https://example.com")]))
    return rpc_status.to_status(status)


class SyncEnd(Service):
    service_name = "End"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def Abort(self, request: Any, context: Any) -> Any:
        context.abort(StatusCode.DATA_LOSS, request.text)

    @grpc_action(request=TEXT, response=TEXT)
    def AbortWithTrailers(self, request: Any, context: Any) -> Any:
        context.set_trailing_metadata((("x-first", "1"),))
        context.abort(StatusCode.DATA_LOSS, "lost", (("x-second", "2"),))

    @grpc_action(request=TEXT, response=TEXT)
    def AbortWithStatus(self, request: Any, context: Any) -> Any:
        context.set_trailing_metadata((("x-first", "1"),))
        context.abort_with_status(status_of(StatusCode.ABORTED, "as I say"))

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def StreamWithStatus(self, request: Any, context: Any) -> Any:
        yield self.pb.EndStreamWithStatusResponse()
        context.abort_with_status(status_of(StatusCode.ABORTED, "as I say"))


class AsyncEnd(SyncEnd):
    async def Abort(self, request: Any, context: Any) -> Any:
        await context.abort(StatusCode.DATA_LOSS, request.text)

    async def AbortWithTrailers(self, request: Any, context: Any) -> Any:
        context.set_trailing_metadata((("x-first", "1"),))
        await context.abort(StatusCode.DATA_LOSS, "lost", (("x-second", "2"),))

    async def AbortWithStatus(self, request: Any, context: Any) -> Any:
        context.set_trailing_metadata((("x-first", "1"),))
        await context.abort_with_status(status_of(StatusCode.ABORTED, "as I say"))

    async def StreamWithStatus(self, request: Any, context: Any) -> Any:
        yield self.pb.EndStreamWithStatusResponse()
        await context.abort_with_status(status_of(StatusCode.ABORTED, "as I say"))


both = pytest.mark.parametrize("service", [SyncEnd, AsyncEnd])


@both
@pytest.mark.parametrize("text", ["ü%" * 4000, "x" * 50_000, "\U0001f40d" * 3000])
def test_the_text_of_an_abort_fits(mode: Mode, service: type[Service], text: str) -> None:
    with stub_of(mode, service) as stub:
        error = end(stub, "Abort", text)
    assert error.code() is StatusCode.DATA_LOSS
    assert error.details().endswith("...")
    assert text.startswith(error.details().removesuffix("..."))
    assert rich(error).message == error.details()


@both
def test_an_abort_has_a_status_without_details(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        status = rich(end(stub, "Abort", "lost"))
    assert (status.code, status.message) == (StatusCode.DATA_LOSS.value[0], "lost")
    assert not status.details


@both
def test_abort_takes_trailing_metadata(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        error = end(stub, "AbortWithTrailers")
    metadata = dict(error.trailing_metadata())
    assert (metadata["x-first"], metadata["x-second"]) == ("1", "2")


@both
@pytest.mark.parametrize("action", ["AbortWithStatus", "StreamWithStatus"])
def test_abort_with_status(mode: Mode, service: type[Service], action: str) -> None:
    with stub_of(mode, service) as stub:
        error = end(stub, action)
    assert error.code() is StatusCode.ABORTED
    status = rich(error)
    assert status.message == error.details() == "as I say"
    assert detail(status, Help).links[0].url == "https://example.com"
    keys = [key for key, _ in error.trailing_metadata()]
    assert keys.count("grpc-status-details-bin") == 1
    if action == "AbortWithStatus":
        assert dict(error.trailing_metadata())["x-first"] == "1"
