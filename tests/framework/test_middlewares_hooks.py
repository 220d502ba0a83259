"""The hooks that Django has next to a view, and the forms that a context manager may have."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import grpc
import pytest
from around import call, log, middlewares, services
from declared import stub_of
from django.http import HttpResponseForbidden
from django.test import override_settings
from django.utils.deprecation import MiddlewareMixin
from django_socio_grpc.request_transformer import GRPCResponseContainer
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode


@pytest.fixture(autouse=True)
def _empty_log() -> None:
    log.events.clear()


class Hooked(MiddlewareMixin):
    """All that Django calls next to a view."""

    sync_capable = async_capable = True

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> Any:
        log(f"view {view.__name__} {args} {kwargs}")
        return HttpResponseForbidden() if request.META.get("x-stop") else None

    def process_exception(self, request: Any, exc: Exception) -> Any:
        log(f"exception {type(exc).__name__}")
        message = type(request.service).pb.EchoUnaryResponse(text="saved")
        return GRPCResponseContainer(message) if request.META.get("x-save") else None


class HookedFirst(Hooked):
    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> Any:
        log("first view")

    def process_exception(self, request: Any, exc: Exception) -> Any:
        log("last exception")


class AsyncHooked(Hooked):
    async def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> Any:
        return super().process_view(request, view, args, kwargs)

    async def process_exception(self, request: Any, exc: Exception) -> Any:
        return super().process_exception(request, exc)


@services
@pytest.mark.parametrize("hooked", [Hooked, AsyncHooked])
def test_the_hooks_next_to_a_view(mode: Mode, service: type[Service], hooked: type) -> None:
    listed = {"GRPC_MIDDLEWARE": [HookedFirst, hooked]}
    with override_settings(GRPC_FRAMEWORK=listed), stub_of(mode, service) as stub:
        assert call(stub, "Unary", "ab") == "ab"
        assert log.events == ["first view", "view Unary () {}", "handler ab"]
        log.events.clear()

        saving = stub.options(metadata=[("x-save", "1")])
        assert call(saving, "Unary", "missing") == "saved"
        assert log.events[2:] == ["exception NotFound"]
        log.events.clear()

        with pytest.raises(grpc.RpcError) as caught:
            call(stub, "Unary", "missing")
        assert caught.value.code() is StatusCode.NOT_FOUND
        assert log.events[2:] == ["exception NotFound", "last exception"]

        stopping = stub.options(metadata=[("x-stop", "1")])
        with pytest.raises(grpc.RpcError) as caught:
            call(stopping, "Unary", "ab")
        assert caught.value.code() is StatusCode.PERMISSION_DENIED
        assert "Forbidden" in str(caught.value.details())


class Timed:
    """A context manager that is a class."""

    def __init__(self, context: Any, name: str = "timed") -> None:
        self.name = name

    def __enter__(self) -> None:
        log(f"{self.name} begins")

    def __exit__(self, *error: object) -> None:
        log(f"{self.name} ends")


class Named:
    """An object that makes context managers."""

    @contextmanager
    def __call__(self, context: Any) -> Iterator[None]:
        log("named begins")
        yield
        log("named ends")


@services
@middlewares(Timed, Named(), partial(Timed, name="partial"))
def test_a_context_manager_may_be_made_in_many_ways(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        assert call(stub, "Unary", "ab") == "ab"
        assert log.wait_for("timed ends")
    names = ["timed", "named", "partial"]
    assert log.events == [
        *(f"{name} begins" for name in names),
        "handler ab",
        *(f"{name} ends" for name in reversed(names)),
    ]
