"""Middlewares of one colour around handlers of the other: threads, queries, errors, the end."""

import asyncio
import threading
from contextvars import ContextVar
from typing import Any

import grpc
import pytest
from around import (
    AsyncEcho,
    SyncEcho,
    both,
    call,
    inner,
    kinds,
    log,
    middlewares,
    only_async,
    only_sync,
    outer,
    services,
)
from asgiref.sync import sync_to_async
from declared import stub_of
from django.test import override_settings
from django.utils.decorators import async_only_middleware, sync_only_middleware
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Tag

threads: dict[str, int] = {}
tenant: ContextVar[str] = ContextVar("tenant", default="nobody")


@pytest.fixture(autouse=True)
def _empty_log() -> None:
    log.events.clear()
    threads.clear()


@sync_only_middleware
def querying(get_response: Any) -> Any:
    def middleware(request: Any) -> Any:
        threads["middleware"] = threading.get_ident()
        Tag.objects.create(label="before")
        response = get_response(request)
        log(f"after: {Tag.objects.count()}")
        return response

    return middleware


@async_only_middleware
def aquerying(get_response: Any) -> Any:
    async def middleware(request: Any) -> Any:
        await Tag.objects.acreate(label="before")
        response = await get_response(request)
        log(f"after: {await Tag.objects.acount()}")
        return response

    return middleware


class Tagging(SyncEcho):
    def Unary(self, request: Any, context: Any) -> Any:
        threads["handler"] = threading.get_ident()
        Tag.objects.create(label="within")
        return self.pb.EchoUnaryResponse(text=str(Tag.objects.count()))


class AsyncTagging(AsyncEcho):
    async def Unary(self, request: Any, context: Any) -> Any:
        await Tag.objects.acreate(label="within")
        threads["handler"] = await sync_to_async(threading.get_ident)()
        return self.pb.EchoUnaryResponse(text=str(await Tag.objects.acount()))


@pytest.mark.parametrize("service", [Tagging, AsyncTagging])
@pytest.mark.parametrize("middleware", [querying, aquerying])
@pytest.mark.django_db(transaction=True)
def test_middlewares_and_handlers_of_any_colour_may_query(
    mode: Mode, service: type[Service], middleware: Any
) -> None:
    listed = {"GRPC_MIDDLEWARE": [middleware, both, inner]}
    with override_settings(GRPC_FRAMEWORK=listed), stub_of(mode, service) as stub:
        assert call(stub, "Unary", "ab") == "2"
    assert "after: 2" in log.events
    if middleware is querying:  # one connection, and so one transaction if there is one
        assert threads["middleware"] == threads["handler"]


@sync_only_middleware
def counting(get_response: Any) -> Any:
    def middleware(request: Any) -> Any:
        assert Tag.objects.count() == 1
        return get_response(request)

    return middleware


class Counting(SyncEcho):
    def Unary(self, request: Any, context: Any) -> Any:
        return self.pb.EchoUnaryResponse(text=str(Tag.objects.count()))


class AsyncCounting(AsyncEcho):
    async def Unary(self, request: Any, context: Any) -> Any:
        await asyncio.sleep(0.01)
        return self.pb.EchoUnaryResponse(text=str(await Tag.objects.acount()))


@pytest.mark.parametrize("service", [Counting, AsyncCounting])
@middlewares(counting)
@pytest.mark.django_db(transaction=True)
def test_more_calls_than_threads_through_a_middleware_that_keeps_one(
    mode: Mode, service: type[Service]
) -> None:
    """They wait for each other, and none waits for ever."""
    Tag.objects.create(label="only")
    with stub_of(mode, service, max_workers=2) as stub:
        futures = [
            stub.method("Unary").future(stub.pb.EchoUnaryRequest(text="a"), timeout=20)
            for _ in range(12)
        ]
        assert {future.result().text for future in futures} == {"1"}


# Context variables


@sync_only_middleware
def of_tenant(get_response: Any) -> Any:
    def middleware(request: Any) -> Any:
        tenant.set(request.META.get("x-tenant", "nobody"))
        return get_response(request)

    return middleware


@async_only_middleware
def aof_tenant(get_response: Any) -> Any:
    async def middleware(request: Any) -> Any:
        tenant.set(request.META.get("x-tenant", "nobody"))
        return await get_response(request)

    return middleware


class Renting(SyncEcho):
    def Unary(self, request: Any, context: Any) -> Any:
        return self.pb.EchoUnaryResponse(text=tenant.get())

    def Stream(self, request: Any, context: Any) -> Any:
        yield self.pb.EchoStreamResponse(text=tenant.get())
        yield self.pb.EchoStreamResponse(text=tenant.get())


class AsyncRenting(Renting):
    async def Unary(self, request: Any, context: Any) -> Any:
        return super().Unary(request, context)

    async def Stream(self, request: Any, context: Any) -> Any:
        yield self.pb.EchoStreamResponse(text=tenant.get())
        await asyncio.sleep(0)
        yield self.pb.EchoStreamResponse(text=tenant.get())


@pytest.mark.parametrize("service", [Renting, AsyncRenting])
@pytest.mark.parametrize("middleware", [of_tenant, aof_tenant])
def test_a_context_variable_is_set_for_its_whole_call_and_for_no_other(
    mode: Mode, service: type[Service], middleware: Any
) -> None:
    with (
        override_settings(GRPC_FRAMEWORK={"GRPC_MIDDLEWARE": [middleware, only_async, only_sync]}),
        stub_of(mode, service, max_workers=2) as stub,
    ):
        acme = stub.options(metadata=[("x-tenant", "acme")])
        assert call(acme, "Unary", "") == "acme"
        assert call(acme, "Stream", "") == "acmeacme"
        assert call(stub, "Unary", "") == "nobody"
        assert call(stub, "Stream", "") == "nobodynobody"


class AsyncTenant:
    """An async permission that sets a variable which the handler reads."""

    async def has_permission(self, context: Any, service: Any) -> bool:
        tenant.set("acme")
        return True


@middlewares()
def test_a_sync_handler_sees_the_variables_that_its_async_policies_set(mode: Mode) -> None:
    renting = type("Renting", (Renting,), {"permission_classes": [AsyncTenant]})
    with stub_of(mode, renting) as stub:
        assert call(stub, "Unary", "") == "acme"


# The end


class Hooks(Service):
    """To mix into a service."""

    def before_action(self) -> None:
        if self.context.META.get("x-fail") == "before":
            raise LookupError
        super().before_action()

    def after_action(self) -> None:
        if self.context.META.get("x-fail") == "after":
            raise LookupError


@services
@kinds
@pytest.mark.parametrize("hook", ["before", "after"])
@middlewares(both, only_sync, only_async)
def test_a_middleware_sees_the_error_of_a_hook(
    mode: Mode, service: type[Service], kind: str, hook: str
) -> None:
    """Of a stream, up to its first reply."""
    hooked = type(service.__name__, (Hooks, service), {})
    with stub_of(mode, hooked) as stub, pytest.raises(grpc.RpcError) as caught:
        call(stub.options(metadata=[("x-fail", hook)]), kind, "ab")
    assert caught.value.code() is StatusCode.INTERNAL
    seen = {event for event in log.events if " sees " in event}
    late = hook == "after" and kind in {"Stream", "Chat"}
    assert seen == (set() if late else {f"{name} sees LookupError" for name in NAMES})


NAMES = ["both", "sync", "async"]


@services
@kinds
@middlewares(both, inner, only_sync, outer, only_async)
def test_an_abort_of_a_handler_ends_the_call_once(
    mode: Mode, service: type[Service], kind: str
) -> None:
    class Aborting(Hooks, service):  # type: ignore[misc,valid-type]
        def before_action(self) -> None:
            self.context.abort(StatusCode.DATA_LOSS, "enough")

    with stub_of(mode, Aborting) as stub, pytest.raises(grpc.RpcError) as caught:
        call(stub, kind, "ab")
    assert (caught.value.code(), caught.value.details()) == (StatusCode.DATA_LOSS, "enough")
    assert [event for event in log.events if "sees" in event] == [
        "async sees Abort",
        "outer sees Abort",
        "sync sees Abort",
        "both sees Abort",
    ]


@services
@middlewares(both, inner, only_sync, outer, only_async)
def test_all_ends_when_the_client_leaves_a_stream(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        replies = stub.Stream(text="endless")
        assert next(replies).text == "e"
        assert {"inner ends", "outer ends"}.isdisjoint(log.events)
        replies.cancel()
        assert log.wait_for("inner ends")
        assert log.events.index("outer ends") < log.events.index("inner ends")
