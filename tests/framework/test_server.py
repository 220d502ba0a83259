"""Both servers: the hook, the options, interceptors, health, and what a stop means for calls."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import grpc
import pytest
from declared import Contract, stub_of
from django.test import override_settings
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.registry import handlers_hook
from django_socio_grpc.services import Service
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.testing import Mode, RunningServer, serve
from google.protobuf.empty_pb2 import Empty
from grpc import StatusCode
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


class EchoService(Service):
    pb: Any

    @grpc_action(request=TEXT, response=TEXT)
    def Say(self, request: Any, context: Any) -> Any:
        return self.pb.EchoSayResponse(text=request.text)


class GateService(Service):
    """A call that stays until the test opens the gate."""

    pb: Any
    entered = threading.Event()
    gate = threading.Event()
    inside: ClassVar[list[str]] = []

    @grpc_action(response=TEXT)
    def Pass(self, request: Any, context: Any) -> Any:
        self.inside.append(self.action)
        self.entered.set()
        self.gate.wait(10)
        return self.pb.GatePassResponse(text="passed")

    @grpc_action(response=TEXT)
    async def PassAsync(self, request: Any, context: Any) -> Any:
        self.entered.set()
        while not self.gate.is_set():
            await asyncio.sleep(0.01)
        return self.pb.GatePassAsyncResponse(text="passed")


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    GateService.inside.clear()
    GateService.entered.clear()
    GateService.gate.clear()
    yield GateService.gate
    GateService.gate.set()


# The hook


def test_the_hook_may_be_async(mode: Mode) -> None:
    contract = Contract(EchoService)

    async def hook(server: Any) -> None:
        await asyncio.sleep(0)
        contract.hook(server)

    with serve(mode, hook) as server, server.channel() as channel:
        assert contract.stub(channel).Say(text="hello").text == "hello"


def test_the_hook_knows_the_mode(mode: Mode) -> None:
    seen = []
    contract = Contract(EchoService)

    def hook(server: Any) -> None:
        seen.append((grpc_settings.GRPC_ASYNC, isinstance(server, grpc.aio.Server)))
        contract.hook(server)

    with serve(mode, hook):
        assert seen == [(mode == "aio", mode == "aio")]


def test_a_hook_that_registers_nothing(mode: Mode) -> None:
    def empty(server: Any) -> None:
        pass

    with pytest.raises(ConfigurationError) as caught, serve(mode, empty):
        raise AssertionError("it serves")
    name = "test_a_hook_that_registers_nothing.<locals>.empty"
    assert str(caught.value) == (
        f"test_server.{name} registered no service, so there is nothing to serve. In it, call "
        "AppHandlerRegistry(app, server).register(service)."
    )


@pytest.mark.parametrize("is_async", [False, True])
def test_a_hook_that_raises_is_named_beside_the_traceback(mode: Mode, is_async: bool) -> None:
    def broken(server: Any) -> None:
        raise ZeroDivisionError

    async def abroken(server: Any) -> None:
        raise ZeroDivisionError

    hook: Callable[[Any], Any] = abroken if is_async else broken
    with pytest.raises(ZeroDivisionError) as caught, serve(mode, hook):
        raise AssertionError("it serves")
    (note,) = caught.value.__notes__
    assert note.endswith(f"{hook.__name__} registered the services.")


@pytest.mark.parametrize(
    ("given", "urlconf", "message"),
    [
        (
            "shop.handlers.grpc_handlers",
            "library.urls",
            "GRPC_FRAMEWORK['ROOT_HANDLERS_HOOK'] says that 'shop.handlers.grpc_handlers' "
            "registers the services, but there is no module 'shop'. Correct the setting.",
        ),
        (
            "library.urls.handlers",
            "library.urls",
            "GRPC_FRAMEWORK['ROOT_HANDLERS_HOOK'] says that 'library.urls.handlers' registers the "
            "services, but library.urls has no 'handlers'. Correct the setting.",
        ),
        (
            "handlers",
            "library.urls",
            "GRPC_FRAMEWORK['ROOT_HANDLERS_HOOK'] says that 'handlers' registers the services, "
            "but that is no dotted path. Correct the setting.",
        ),
        (
            "library.urls.urlpatterns",
            "library.urls",
            "GRPC_FRAMEWORK['ROOT_HANDLERS_HOOK']: 'library.urls.urlpatterns' is [], not a "
            "function of the server. Correct the setting.",
        ),
        (
            None,
            "library.urls",
            "ROOT_URLCONF says that 'library.urls.grpc_handlers' registers the services, but "
            "library.urls has no 'grpc_handlers'. Set GRPC_FRAMEWORK['ROOT_HANDLERS_HOOK'] to the "
            "dotted path of a function of the server.",
        ),
        (
            None,
            None,
            "No function registers the services. Set GRPC_FRAMEWORK['ROOT_HANDLERS_HOOK'] to the "
            "dotted path of a function of the server.",
        ),
    ],
)
def test_a_hook_that_is_not_there(given: str | None, urlconf: str | None, message: str) -> None:
    with (
        override_settings(GRPC_FRAMEWORK={"ROOT_HANDLERS_HOOK": given}, ROOT_URLCONF=urlconf),
        pytest.raises(ConfigurationError) as caught,
    ):
        handlers_hook()
    assert str(caught.value) == message


def test_services_of_generated_code_alone_may_be_served(mode: Mode) -> None:
    """A servicer that is no service of ours needs no registry."""

    class Always(health_pb2_grpc.HealthServicer):
        def Check(self, request: Any, context: Any) -> Any:
            return HealthCheckResponse(status=HealthCheckResponse.SERVING)

    class AsyncAlways(health_pb2_grpc.HealthServicer):
        async def Check(self, request: Any, context: Any) -> Any:
            return HealthCheckResponse(status=HealthCheckResponse.SERVING)

    def hook(server: Any) -> None:
        servicer = AsyncAlways() if mode == "aio" else Always()
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)

    with serve(mode, hook) as running, running.channel() as channel:
        assert running.server.services == ["grpc.health.v1.Health"]
        stub: Any = health_pb2_grpc.HealthStub(channel)
        reply = stub.Check(health_pb2.HealthCheckRequest())
        assert reply.status == HealthCheckResponse.SERVING


# Options and interceptors


def test_options_reach_grpc(mode: Mode) -> None:
    options = [("grpc.max_receive_message_length", 100)]
    with (
        override_settings(GRPC_FRAMEWORK={"SERVER_OPTIONS": options}),
        stub_of(mode, EchoService) as stub,
    ):
        assert stub.Say(text="x" * 50).text == "x" * 50
        with pytest.raises(grpc.RpcError) as caught:
            stub.Say(text="x" * 200)
        assert caught.value.code() is StatusCode.RESOURCE_EXHAUSTED


def test_options_override_ours(mode: Mode) -> None:
    with stub_of(mode, EchoService), serve(mode, Contract(EchoService).hook) as running:
        assert dict(running.server.config.options)["grpc.so_reuseport"] == 0
    with override_settings(GRPC_FRAMEWORK={"SERVER_OPTIONS": [("grpc.so_reuseport", 1)]}):
        options = running.server.config.options
    assert [value for name, value in options if name == "grpc.so_reuseport"] == [1]
    assert ("grpc.http2.hpack_table_size.decoder", 0) in options


class SyncGuard(grpc.ServerInterceptor):
    """Lets in who says the word."""

    def intercept_service(self, continuation: Any, details: Any) -> Any:
        if ("word", "sesame") in details.invocation_metadata:
            return continuation(details)

        def refuse(request: Any, context: Any) -> None:
            context.abort(StatusCode.UNAUTHENTICATED, "Say the word.")

        return grpc.unary_unary_rpc_method_handler(refuse)


class AioGuard(grpc.aio.ServerInterceptor):
    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        if ("word", "sesame") in details.invocation_metadata:
            return await continuation(details)

        async def refuse(request: Any, context: Any) -> None:
            await context.abort(StatusCode.UNAUTHENTICATED, "Say the word.")

        return grpc.unary_unary_rpc_method_handler(refuse)


def test_interceptors(mode: Mode) -> None:
    guard = AioGuard() if mode == "aio" else SyncGuard()
    with (
        override_settings(GRPC_FRAMEWORK={"SERVER_INTERCEPTORS": [guard]}),
        stub_of(mode, EchoService) as stub,
    ):
        assert stub.options(metadata=[("word", "sesame")]).Say(text="hello").text == "hello"
        with pytest.raises(grpc.RpcError) as caught:
            stub.Say(text="hello")
        assert caught.value.code() is StatusCode.UNAUTHENTICATED


def test_interceptors_of_the_other_kind_are_refused(mode: Mode) -> None:
    guard = SyncGuard() if mode == "aio" else AioGuard()
    kind = "grpc.aio.ServerInterceptor" if mode == "aio" else "grpc.ServerInterceptor"
    with (
        override_settings(GRPC_FRAMEWORK={"SERVER_INTERCEPTORS": [guard]}),
        pytest.raises(ConfigurationError, match=rf"The {mode} server takes instances of {kind}\."),
        stub_of(mode, EchoService),
    ):
        raise AssertionError("it serves")


# Health


@contextmanager
def health_of(mode: Mode, service: type[Service]) -> Iterator[tuple[RunningServer, Any]]:
    contract = Contract(service)
    with (
        override_settings(GRPC_FRAMEWORK={"ENABLE_HEALTH_CHECK": True}),
        serve(mode, contract.hook) as running,
        running.channel() as channel,
    ):
        yield running, health_pb2_grpc.HealthStub(channel)


def test_health_of_the_server_and_of_each_service(mode: Mode) -> None:
    with health_of(mode, EchoService) as (_, stub):
        for name in ("", "tests.EchoController"):
            reply = stub.Check(health_pb2.HealthCheckRequest(service=name))
            assert reply.status == HealthCheckResponse.SERVING
        with pytest.raises(grpc.RpcError) as caught:
            stub.Check(health_pb2.HealthCheckRequest(service="tests.OtherController"))
        assert caught.value.code() is StatusCode.NOT_FOUND


def test_who_watches_the_health_hears_of_the_stop(mode: Mode) -> None:
    with health_of(mode, EchoService) as (running, stub):
        name = "tests.EchoController"
        watch = stub.Watch(health_pb2.HealthCheckRequest(service=name), timeout=10)
        assert next(watch).status == HealthCheckResponse.SERVING
        stopping = threading.Thread(target=running.stop, args=(0.5,))
        stopping.start()
        assert next(watch).status == HealthCheckResponse.NOT_SERVING
        stopping.join()


def test_health_is_off_unless_it_is_asked_for(mode: Mode) -> None:
    with serve(mode, Contract(EchoService).hook) as running, running.channel() as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.Check(health_pb2.HealthCheckRequest())
        assert caught.value.code() is StatusCode.UNIMPLEMENTED


# Stopping


@pytest.mark.parametrize("action", ["Pass", "PassAsync"])
def test_a_call_in_flight_finishes(mode: Mode, action: str, gate: threading.Event) -> None:
    contract = Contract(GateService)
    with serve(mode, contract.hook) as running, running.channel() as channel:
        call = contract.stub(channel).method(action).future(Empty(), timeout=10)
        assert GateService.entered.wait(10)
        stopping = threading.Thread(target=running.stop, args=(10,))
        stopping.start()
        stopping.join(0.3)
        assert stopping.is_alive()
        gate.set()
        assert call.result().text == "passed"
        stopping.join(5)
        assert not stopping.is_alive()


@pytest.mark.parametrize("action", ["Pass", "PassAsync"])
def test_a_call_is_cut_when_the_grace_ends(mode: Mode, action: str, gate: threading.Event) -> None:
    contract = Contract(GateService)
    with serve(mode, contract.hook) as running, running.channel() as channel:
        call = contract.stub(channel).method(action).future(Empty(), timeout=10)
        assert GateService.entered.wait(10)
        stopping = threading.Thread(target=running.stop, args=(0.2,))
        stopping.start()
        assert call.code() is StatusCode.UNAVAILABLE
        gate.set()
        stopping.join(5)
        assert not stopping.is_alive()


def test_a_second_stop_does_no_harm(mode: Mode) -> None:
    with serve(mode, Contract(EchoService).hook) as running:
        running.stop(0)
        running.stop(5)


def test_max_workers_is_how_many_calls_run_at_once(gate: threading.Event) -> None:
    contract = Contract(GateService)
    with serve("aio", contract.hook, max_workers=2) as running, running.channel() as channel:
        stub = contract.stub(channel)
        calls = [stub.method("Pass").future(Empty(), timeout=10) for _ in range(4)]
        assert GateService.entered.wait(10)
        time.sleep(0.3)
        assert len(GateService.inside) == 2
        gate.set()
        assert [call.result().text for call in calls] == ["passed"] * 4
