"""Both servers: the hook that registers the services."""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from declared import Contract
from django.test import override_settings
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.registry import handlers_hook
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.testing import Mode, serve
from echo import EchoService
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health_pb2 import HealthCheckResponse


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
