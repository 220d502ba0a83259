"""What runs around a call: middlewares and the hooks before and after the action."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import grpc
import pytest
from around import SyncEcho, call, forgiving, inner, kinds, log, middlewares, outer, services
from declared import stub_of
from django_socio_grpc.exceptions import ConfigurationError, NotFound, PermissionDenied
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode


@pytest.fixture(autouse=True)
def _empty_log() -> None:
    log.events.clear()


@contextmanager
def refusing(context: Any) -> Iterator[None]:
    raise PermissionDenied("Not today.")
    yield


@contextmanager
def swallowing(context: Any) -> Iterator[None]:
    with suppress(NotFound):
        yield


@services
@kinds
@middlewares(outer, inner)
def test_first_middleware_is_the_outermost(mode: Mode, service: type[Service], kind: str) -> None:
    with stub_of(mode, service) as stub:
        assert call(stub, kind, "ab") == "ab"
        assert log.wait_for("outer ends")
    letters = ["a", "b"] if kind == "Stream" else []
    assert log.events == [
        f"outer begins Echo/{kind}".replace("Echo", service.__name__),
        "inner begins",
        "handler ab",
        *letters,
        "inner ends",
        "outer ends",
    ]


@services
@kinds
@middlewares(outer, inner)
def test_a_middleware_sees_the_error_of_a_handler(
    mode: Mode, service: type[Service], kind: str
) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        call(stub, kind, "missing")
    assert caught.value.code() is StatusCode.NOT_FOUND
    assert log.events[1:] == ["inner begins", "inner ends", "outer sees NotFound", "outer ends"]


@services
@kinds
@middlewares(outer, forgiving)
def test_a_middleware_may_change_an_error(mode: Mode, service: type[Service], kind: str) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        call(stub, kind, "missing")
    assert (caught.value.code(), caught.value.details()) == (StatusCode.OUT_OF_RANGE, "Forgiven.")


@services
@kinds
@middlewares(outer, refusing, inner)
def test_a_middleware_may_refuse_a_call(mode: Mode, service: type[Service], kind: str) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        call(stub, kind, "ab")
    assert caught.value.code() is StatusCode.PERMISSION_DENIED
    assert "Not today." in str(caught.value.details())
    assert log.events[1:] == ["outer sees PermissionDenied", "outer ends"]


@services
@kinds
@middlewares(swallowing)
def test_an_error_is_never_a_success_by_a_middleware(
    mode: Mode, service: type[Service], kind: str
) -> None:
    with stub_of(mode, service) as stub, pytest.raises(grpc.RpcError) as caught:
        call(stub, kind, "missing")
    assert caught.value.code() is StatusCode.INTERNAL


@services
@middlewares(outer, inner)
def test_a_middleware_ends_when_the_client_leaves_a_stream(
    mode: Mode, service: type[Service]
) -> None:
    with stub_of(mode, service) as stub:
        replies = stub.Stream(text="endless")
        assert next(replies).text == "e"
        assert "outer ends" not in log.events
        replies.cancel()
        assert log.wait_for("outer ends")
    assert log.events.index("inner ends") < log.events.index("outer ends")
    assert any(event.startswith("outer sees ") for event in log.events), "it is no success"


@middlewares("not a function")
def test_a_middleware_that_does_not_import_is_refused_at_startup(mode: Mode) -> None:
    with pytest.raises(ConfigurationError, match="GRPC_MIDDLEWARE"), stub_of(mode, SyncEcho):
        pass


class OfThreads:
    """A middleware for what a thread holds."""

    around_async = False

    def __init__(self, context: Any) -> None: ...

    def __enter__(self) -> None:
        log("thread begins")

    def __exit__(self, *error: object) -> None:
        log("thread ends")


@services
@kinds
@middlewares(outer, OfThreads)
def test_a_middleware_of_threads_is_left_out_around_async_handlers(
    mode: Mode, service: type[Service], kind: str
) -> None:
    with stub_of(mode, service) as stub:
        call(stub, kind, "ab")
        assert log.wait_for("outer ends")
    assert ("thread begins" in log.events) is (service is SyncEcho)
    assert ("thread ends" in log.events) is (service is SyncEcho)
