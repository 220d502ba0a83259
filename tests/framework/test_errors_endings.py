"""How a handler may end a call other than by what it raises, and what the client sees."""

from typing import Any

import grpc
import pytest
from declared import stub_of
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from failures import SECRET, TEXT, details_of
from grpc import StatusCode


class SyncEnd(Service):
    service_name = "End"
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def Abort(self, request: Any, context: Any) -> Any:
        context.abort(StatusCode.DATA_LOSS, "as it is: ü")

    @grpc_action(request=TEXT, response=TEXT)
    def SetCode(self, request: Any, context: Any) -> Any:
        context.set_code(StatusCode.OUT_OF_RANGE)
        context.set_details("too far")

    @grpc_action(request=TEXT, response=TEXT)
    def Swallow(self, request: Any, context: Any) -> Any:
        try:
            context.abort(StatusCode.DATA_LOSS, "the first")
        except Exception:
            context.abort(StatusCode.INTERNAL, "the second")

    @grpc_action(request=TEXT, response=TEXT)
    def Nothing(self, request: Any, context: Any) -> Any:
        return None

    @grpc_action(request=TEXT, response=TEXT)
    def WrongType(self, request: Any, context: Any) -> Any:
        return {"text": SECRET}

    @grpc_action(request=TEXT, response=TEXT)
    def IntCode(self, request: Any, context: Any) -> Any:
        context.abort(16, "an int is no status")

    @grpc_action(request=TEXT, response=TEXT)
    def AbortWithData(self, request: Any, context: Any) -> Any:
        context.abort(StatusCode.INVALID_ARGUMENT, {"text": ["Wrong."]})

    @grpc_action(request=TEXT, response=TEXT)
    def AbortWithNothing(self, request: Any, context: Any) -> Any:
        context.abort(StatusCode.DATA_LOSS, None)

    @grpc_action(request=TEXT, response=TEXT)
    def HalfACharacter(self, request: Any, context: Any) -> Any:
        context.abort(StatusCode.DATA_LOSS, "\ud800")

    @grpc_action(request=TEXT, response=TEXT)
    def BadTrailer(self, request: Any, context: Any) -> Any:
        context.set_trailing_metadata((("count", 3),))

    @grpc_action(request=TEXT, response=TEXT)
    def BadCallback(self, request: Any, context: Any) -> Any:
        def fail() -> None:
            raise ValueError(SECRET)

        context.add_done_callback(fail)
        context.abort(StatusCode.DATA_LOSS, "as it is")


class AsyncEnd(SyncEnd):
    async def Abort(self, request: Any, context: Any) -> Any:
        await context.abort(StatusCode.DATA_LOSS, "as it is: ü")

    async def SetCode(self, request: Any, context: Any) -> Any:
        context.set_code(StatusCode.OUT_OF_RANGE)
        context.set_details("too far")

    async def Swallow(self, request: Any, context: Any) -> Any:
        try:
            await context.abort(StatusCode.DATA_LOSS, "the first")
        except Exception:
            await context.abort(StatusCode.INTERNAL, "the second")

    async def Nothing(self, request: Any, context: Any) -> Any:
        return None

    async def WrongType(self, request: Any, context: Any) -> Any:
        return {"text": SECRET}

    async def IntCode(self, request: Any, context: Any) -> Any:
        await context.abort(16, "an int is no status")


@pytest.mark.parametrize("service", [SyncEnd, AsyncEnd])
@pytest.mark.parametrize(
    ("action", "code", "details"),
    [
        ("Abort", StatusCode.DATA_LOSS, "as it is: ü"),
        ("SetCode", StatusCode.OUT_OF_RANGE, "too far"),
        ("Swallow", StatusCode.DATA_LOSS, "the first"),
        ("Nothing", StatusCode.INTERNAL, None),
        ("WrongType", StatusCode.INTERNAL, None),
        ("IntCode", StatusCode.INTERNAL, None),
        ("AbortWithData", StatusCode.INVALID_ARGUMENT, '{"text": ["Wrong."]}'),
        ("AbortWithNothing", StatusCode.DATA_LOSS, ""),
        ("HalfACharacter", StatusCode.DATA_LOSS, "?"),
        ("BadTrailer", StatusCode.INTERNAL, None),
        ("BadCallback", StatusCode.DATA_LOSS, "as it is"),
    ],
)
def test_how_a_handler_may_end_a_call(
    mode: Mode, service: type[Service], action: str, code: StatusCode, details: str | None
) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        getattr(stub, action)(text="x")
    assert caught.value.code() is code
    if details is None:
        assert "hunter2" not in details_of(caught.value)
        assert "Internal server error" in details_of(caught.value)
    else:
        assert caught.value.details() == details
