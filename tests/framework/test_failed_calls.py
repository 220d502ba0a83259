"""What is left of a call that has failed: nothing.

``grpc.server`` counts a call that Python has not let go of as one that its client has open.
"""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from declared import code_of, stub_of
from django.db import OperationalError
from django_socio_grpc.context import Context
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import NotFound
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode

CALLS = 300
"""More than one connection may have open."""


class Failing(Service):
    @grpc_action(request=[], response=[])
    def Raise(self, request: Any, context: Any) -> None:
        raise NotFound

    @grpc_action(request=[], response=[])
    def Abort(self, request: Any, context: Any) -> None:
        context.abort(StatusCode.NOT_FOUND, "There is none.")

    @grpc_action(request=[], response=[])
    def Wrap(self, request: Any, context: Any) -> None:
        """As Django makes its errors of those of a database."""
        try:
            raise ValueError("down")
        except ValueError as exc:
            error = OperationalError("down")
            raise error from exc  # which this frame has, and the error has the frame


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """pytest keeps each record, and a record its call."""
    caplog.set_level(logging.CRITICAL, "django_socio_grpc.request")


@contextmanager
def no_search_for_garbage() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.parametrize("action", ["Raise", "Abort", "Wrap"])
def test_failures_do_not_use_up_the_calls_of_a_connection(mode: Mode, action: str) -> None:
    expected = StatusCode.UNAVAILABLE if action == "Wrap" else StatusCode.NOT_FOUND
    with stub_of(mode, Failing) as stub, no_search_for_garbage():
        call = getattr(stub.options(timeout=20), action)
        for _ in range(CALLS):
            assert code_of(call) is expected
        if mode == "sync":
            left = [item for item in gc.get_objects() if type(item) is Context]
            assert len(left) < 10


kept: list[Any] = []


class Keeping(Service):
    pb: Any

    @grpc_action(request=[], response=[{"name": "text", "type": "string"}])
    def Keep(self, request: Any, context: Any) -> Any:
        kept.append(context)
        return self.pb.KeepingKeepResponse(text="kept")

    @grpc_action(
        request=[{"name": "text", "type": "string"}],
        response=[{"name": "text", "type": "string"}],
        request_stream=True,
        response_stream=True,
    )
    def Chat(self, request: Any, context: Any) -> Iterator[Any]:
        kept.append(context)
        for message in request:
            yield self.pb.KeepingChatResponse(text=message.text)


def test_whoever_keeps_contexts_uses_up_nothing(mode: Mode) -> None:
    kept.clear()
    with stub_of(mode, Keeping) as stub:
        stub = stub.options(timeout=20, metadata=[("x-name", "value")])
        for _ in range(CALLS):
            assert stub.Keep().text == "kept"
            messages = iter([stub.pb.KeepingChatRequest(text="a")])
            assert [reply.text for reply in stub.Chat(messages)] == ["a"]
        context = kept[0]
        assert ("x-name", "value") in [tuple(pair) for pair in context.invocation_metadata()]
        assert not context.is_active()
    kept.clear()
