"""What is to end a process or a generator ends a call, and no client waits for its deadline."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from declared import Stub, code_of, stub_of
from django.dispatch import Signal
from django.test import override_settings
from django_socio_grpc import signals
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.permissions import GRPCActionBasePermission
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from failures import TEXT
from grpc import StatusCode

EXITS = [SystemExit, KeyboardInterrupt, GeneratorExit]
KINDS = ["Unary", "Stream", "Upload", "Chat", "Listed"]
errors = pytest.mark.parametrize("error", EXITS)


class Leave(Service):
    """Each handler raises what ``error`` is; None is nothing."""

    service_name = "Leave"
    pb: Any
    error: Any = None

    def leave(self) -> None:
        if self.error is not None:
            raise self.error


class SyncLeave(Leave):
    @grpc_action(request=TEXT, response=TEXT)
    def Unary(self, request: Any, context: Any) -> Any:
        self.leave()
        return self.pb.LeaveUnaryResponse()

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Stream(self, request: Any, context: Any) -> Any:
        yield self.pb.LeaveStreamResponse()
        self.leave()

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    def Upload(self, request: Any, context: Any) -> Any:
        for _ in request:
            self.leave()
        return self.pb.LeaveUploadResponse()

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    def Chat(self, request: Any, context: Any) -> Any:
        for _ in request:
            self.leave()
            yield self.pb.LeaveChatResponse()

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    def Listed(self, request: Any, context: Any) -> Any:
        self.leave()
        return [self.pb.LeaveListedResponse()]


class AsyncLeave(Leave):
    @grpc_action(request=TEXT, response=TEXT)
    async def Unary(self, request: Any, context: Any) -> Any:
        self.leave()
        return self.pb.LeaveUnaryResponse()

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    async def Stream(self, request: Any, context: Any) -> Any:
        yield self.pb.LeaveStreamResponse()
        self.leave()

    @grpc_action(request=TEXT, response=TEXT, request_stream=True)
    async def Upload(self, request: Any, context: Any) -> Any:
        async for _ in request:
            self.leave()
        return self.pb.LeaveUploadResponse()

    @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
    async def Chat(self, request: Any, context: Any) -> Any:
        async for _ in request:
            self.leave()
            yield self.pb.LeaveChatResponse()

    @grpc_action(request=TEXT, response=TEXT, response_stream=True)
    async def Listed(self, request: Any, context: Any) -> Any:
        self.leave()
        return [self.pb.LeaveListedResponse()]


services = pytest.mark.parametrize("service", [SyncLeave, AsyncLeave])


def code_of_each(stub: Stub) -> dict[str, StatusCode]:
    """How a call of each kind ends."""
    requests: dict[str, Callable[[], Any]] = {
        "Unary": lambda: called.Unary(),
        "Stream": lambda: list(called.Stream()),
        "Upload": lambda: called.Upload(iter([stub.pb.LeaveUploadRequest()])),
        "Chat": lambda: list(called.Chat(iter([stub.pb.LeaveChatRequest()]))),
        "Listed": lambda: list(called.Listed()),
    }
    called = stub.options(timeout=5)
    return {kind: code_of(call) for kind, call in requests.items()}


FAULTS = dict.fromkeys(KINDS, StatusCode.INTERNAL)


@services
@errors
def test_by_a_handler(mode: Mode, service: type[Leave], error: type[BaseException]) -> None:
    with stub_of(mode, type("Leave", (service,), {"error": error("hunter2")})) as stub:
        assert code_of_each(stub) == FAULTS


@services
@errors
def test_by_the_init_of_a_service(
    mode: Mode, service: type[Leave], error: type[BaseException]
) -> None:
    served = False

    class Init(service):  # type: ignore[misc,valid-type]
        def __init__(self, **initkwargs: Any) -> None:
            super().__init__(**initkwargs)
            if served:
                raise error("hunter2")

    with stub_of(mode, Init) as stub:
        served = True
        assert code_of_each(stub) == FAULTS


@contextmanager
def received(error: type[BaseException], is_async: bool, *each: Signal) -> Iterator[None]:
    def receive(**_: Any) -> None:
        raise error("hunter2")

    async def areceive(**_: Any) -> None:
        raise error("hunter2")

    receiver = areceive if is_async else receive
    with ExitStack() as stack:
        for signal in each:
            signal.connect(receiver)
            stack.callback(signal.disconnect, receiver)
        yield


@services
@errors
@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("name", ["grpc_request_started", "grpc_request_finished"])
def test_by_a_receiver_of_a_signal(
    mode: Mode, service: type[Leave], error: type[BaseException], is_async: bool, name: str
) -> None:
    with stub_of(mode, service) as stub, received(error, is_async, getattr(signals, name)):
        assert code_of_each(stub) == FAULTS


@services
@errors
@pytest.mark.parametrize("is_async", [False, True])
def test_by_a_permission(
    mode: Mode, service: type[Leave], error: type[BaseException], is_async: bool
) -> None:
    class Sync(GRPCActionBasePermission):
        def has_permission(self, context: Any, service: Any) -> Any:
            raise error("hunter2")

    class Async(GRPCActionBasePermission):
        async def has_permission(self, context: Any, service: Any) -> Any:  # type: ignore[override]
            raise error("hunter2")

    guarded = type("Leave", (service,), {"permission_classes": [Async if is_async else Sync]})
    with stub_of(mode, guarded) as stub:
        assert code_of_each(stub) == FAULTS


@services
@errors
@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("as_django", [True, False])
def test_by_a_middleware(
    mode: Mode, service: type[Leave], error: type[BaseException], early: bool, as_django: bool
) -> None:
    @contextmanager
    def manager(context: Any) -> Iterator[None]:
        if early:
            raise error("hunter2")
        yield
        raise error("hunter2")

    def factory(get_response: Any) -> Any:
        def middleware(request: Any) -> Any:
            if not early:
                get_response(request)
            raise error("hunter2")

        return middleware

    middlewares = [factory if as_django else manager]
    with (
        override_settings(GRPC_FRAMEWORK={"GRPC_MIDDLEWARE": middlewares}),
        stub_of(mode, service) as stub,
    ):
        assert code_of_each(stub) == FAULTS
