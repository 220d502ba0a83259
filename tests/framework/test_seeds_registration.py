"""The snippets of the registration document as they stand, in an app of its own.

Its commands have tests of their own: those of ``grpcrunserver`` and ``grpcrunaioserver``.
"""

import asyncio
import itertools
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import grpc
import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from django_socio_grpc.registry import handlers_hook
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.testing import Mode, serve
from django_socio_grpc.utils.servicer_register import AppHandlerRegistry

SERVICE = """
    from django_socio_grpc.decorators import grpc_action
    from django_socio_grpc.services import Service
    from {app}.grpc import {app}_pb2

    TEXT = [{{"name": "text", "type": "string"}}]


    class MyService(Service):
        service_name = "My"
        suffix = "!"

        @grpc_action(request=TEXT, response=TEXT)
        {colour} Say(self, request, context):
            return {app}_pb2.MySayResponse(text=request.text + self.suffix)

        @grpc_action(request=TEXT, response=TEXT, request_stream=True, response_stream=True)
        {colour} Chat(self, request, context):
            {loop} message in request:
                yield {app}_pb2.MyChatResponse(text=message.text + self.suffix)
"""
COLOURS = {"sync": ("def", "for"), "async": ("async def", "async for")}
numbers = itertools.count()


@pytest.fixture(params=COLOURS)
def app(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The name of an app with ``services/my_service.py`` and its generated contract."""
    name = f"my_app_{next(numbers)}"
    colour, loop = COLOURS[request.param]
    text = textwrap.dedent(SERVICE.format(app=name, colour=colour, loop=loop))
    services = tmp_path / name / "services"
    services.mkdir(parents=True)
    for folder in (services, services.parent):
        (folder / "__init__.py").touch()
    (services / "my_service.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / f"{name}_handlers.py").write_text(
        "from django_socio_grpc.utils.servicer_register import AppHandlerRegistry\n"
        f"from {name}.services.my_service import MyService\n\n"
        "def grpc_handlers(server):\n"
        f'    app_registry = AppHandlerRegistry("{name}", server)\n'
        "    app_registry.register(MyService)\n"
    )
    hook = {"ROOT_HANDLERS_HOOK": f"{name}_handlers.grpc_handlers"}
    installed = [*settings.INSTALLED_APPS, name]
    with override_settings(INSTALLED_APPS=installed, GRPC_FRAMEWORK=hook):
        call_command("generateproto", stdout=StringIO())
        forget(name)  # the service was imported before its messages were made
        yield name
    forget(name)


def forget(app: str) -> None:
    for module in [module for module in sys.modules if module.startswith(app)]:
        del sys.modules[module]


def stub_and_pb(app: str, channel: Any) -> tuple[Any, Any]:
    pb2_grpc = import_module(f"{app}.grpc.{app}_pb2_grpc")
    return pb2_grpc.MyControllerStub(channel), import_module(f"{app}.grpc.{app}_pb2")


def check(app: str, hook: Callable[[Any], Any], mode: Mode) -> None:
    """Serve what ``hook`` registers and call both RPCs through the generated stub."""
    with serve(mode, hook) as running, running.channel() as channel:
        stub, pb = stub_and_pb(app, channel)
        assert stub.Say(pb.MySayRequest(text="hello"), timeout=10).text == "hello!"
        words = (pb.MyChatRequest(text=text) for text in "ab")
        assert [reply.text for reply in stub.Chat(words, timeout=10)] == ["a!", "b!"]


def test_root_handlers_hook(app: str, mode: Mode) -> None:
    check(app, handlers_hook(), mode)


def test_register_by_class(app: str, mode: Mode) -> None:
    MyService = import_module(f"{app}.services.my_service").MyService

    def grpc_handlers(server: Any) -> None:
        app_registry = AppHandlerRegistry(app, server)
        app_registry.register(MyService)

    check(app, grpc_handlers, mode)


@pytest.mark.filterwarnings("ignore:.*registered by its name:DeprecationWarning")
@pytest.mark.parametrize("name", ["MyService", "My"])
def test_register_by_name(app: str, mode: Mode, name: str) -> None:
    def grpc_handlers(server: Any) -> None:
        app_registry = AppHandlerRegistry(app, server)
        app_registry.register(name)

    check(app, grpc_handlers, mode)


def add(app: str, server: Any, **initkwargs: Any) -> None:
    """ "Code snippet to explain how we use the function from the pb2_grpc file." """
    service_class = import_module(f"{app}.services.my_service").MyService

    pb2_grpc = import_module(f"{app}.grpc.{app}_pb2_grpc")

    controller_name = service_class.get_controller_name()
    add_server = getattr(pb2_grpc, f"add_{controller_name}Servicer_to_server")

    add_server(service_class.as_servicer(**initkwargs), server)


def test_generated_function_on_our_server(app: str, mode: Mode) -> None:
    check(app, lambda server: add(app, server), mode)


def test_generated_function_on_a_sync_server_of_ones_own(app: str) -> None:
    with ThreadPoolExecutor(max_workers=10) as pool:
        server = grpc.server(pool)
        port = server.add_insecure_port("127.0.0.1:0")
        add(app, server, suffix="?")
        server.start()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub, pb = stub_and_pb(app, channel)
            assert stub.Say(pb.MySayRequest(text="hello"), timeout=10).text == "hello?"
            words = (pb.MyChatRequest(text=text) for text in "ab")
            assert [reply.text for reply in stub.Chat(words, timeout=10)] == ["a?", "b?"]
        server.stop(0).wait()


def test_generated_function_on_an_aio_server_of_ones_own(app: str) -> None:
    grpc_settings.GRPC_ASYNC = True

    async def main() -> None:
        server = grpc.aio.server()
        port = server.add_insecure_port("127.0.0.1:0")
        add(app, server, suffix="?")
        await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub, pb = stub_and_pb(app, channel)
            assert (await stub.Say(pb.MySayRequest(text="hello"), timeout=10)).text == "hello?"
            words = (pb.MyChatRequest(text=text) for text in "ab")
            replies = [reply.text async for reply in stub.Chat(words, timeout=10)]
            assert replies == ["a?", "b?"]
        await server.stop(0)

    asyncio.run(main())


def test_unknown_argument_of_as_servicer(app: str) -> None:
    with pytest.raises(TypeError, match=r"MyService\.as_servicer\(\) got 'prefix'"):
        add(app, None, prefix="?")
