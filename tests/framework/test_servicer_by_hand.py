"""``as_servicer()`` of a ``BaseService``, whose contract is written by hand."""

import asyncio
import itertools
import sys
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path, PurePath
from typing import Any

import grpc
import grpc.aio
import pytest
from django.conf import settings
from django.test import override_settings
from django_socio_grpc.contract.protoc import compile_stubs
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.services import BaseService, Service
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.testing import Mode, serve

PROTO = """
syntax = "proto3";
package shelves;

service ShelfService {
    rpc GetShelf(Shelf) returns (Shelf);
    rpc Copies(Shelf) returns (stream Shelf);
    rpc Join(stream Shelf) returns (Shelf);
    rpc Follow(stream Shelf) returns (stream Shelf);
}

message Shelf { string name = 1; }
"""
SERVICES = """
    from django_socio_grpc.services import BaseService
    from {app}.grpc.{app}_pb2 import Shelf

    class ShelfService(BaseService):
        ending = "!"

        def GetShelf(self, request, context):
            return Shelf(name=request.name + self.ending)

        async def Copies(self, request, context):
            yield request
            yield request

        def Join(self, request, context):
            return Shelf(name="".join(shelf.name for shelf in request))

        async def Follow(self, request, context):
            async for shelf in request:
                yield shelf
"""
numbers = itertools.count()


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of an installed app with such a contract and its service."""
    name = f"shelves_{next(numbers)}"
    folder = tmp_path / name / "grpc"
    folder.mkdir(parents=True)
    for package in (folder, folder.parent):
        (package / "__init__.py").touch()
    services = textwrap.dedent(SERVICES).replace("{app}", name)
    (folder.parent / "services.py").write_text(services)
    path = PurePath(name, "grpc", f"{name}.proto")
    proto = PROTO.replace("shelves", name)
    made = compile_stubs(proto, path, import_root=tmp_path, extra_args=[])
    for file, text in made.items():
        (tmp_path / file).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, name]):
        yield name
    for module in [module for module in sys.modules if module.startswith(name)]:
        del sys.modules[module]


def add(app: str, server: Any, **initkwargs: Any) -> None:
    pb2_grpc = import_module(f"{app}.grpc.{app}_pb2_grpc")
    service = import_module(f"{app}.services").ShelfService
    pb2_grpc.add_ShelfServiceServicer_to_server(service.as_servicer(**initkwargs), server)


def check(app: str, channel: grpc.Channel) -> None:
    Shelf = import_module(f"{app}.grpc.{app}_pb2").Shelf
    stub = import_module(f"{app}.grpc.{app}_pb2_grpc").ShelfServiceStub(channel)
    assert stub.GetShelf(Shelf(name="a"), timeout=10).name == "a?"
    assert [shelf.name for shelf in stub.Copies(Shelf(name="a"), timeout=10)] == ["a", "a"]
    assert stub.Join((Shelf(name=name) for name in "abc"), timeout=10).name == "abc"
    replies = stub.Follow((Shelf(name=name) for name in "ab"), timeout=10)
    assert [shelf.name for shelf in replies] == ["a", "b"]


def test_methods_without_a_decorator_on_our_servers(app: str, mode: Mode) -> None:
    with serve(mode, lambda server: add(app, server, ending="?")) as running:
        assert running.server.services == [f"{app}.ShelfService"]
        with running.channel() as channel:
            check(app, channel)


def test_methods_without_a_decorator_on_a_server_of_ones_own(
    app: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grpc_settings, "GRPC_ASYNC", True)

    def client(port: int) -> None:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            check(app, channel)

    async def main() -> None:
        server = grpc.aio.server()
        add(app, server, ending="?")
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            await asyncio.to_thread(client, port)
        finally:
            await server.stop(0)

    asyncio.run(main())


class Loose(BaseService):
    """In no app, so nobody knows its contract."""

    def GetShelf(self, request: Any, context: Any) -> Any: ...


class Plain(Service):
    def GetShelf(self, request: Any, context: Any) -> Any: ...


def test_a_contract_that_nobody_finds() -> None:
    with pytest.raises(ConfigurationError) as caught:
        _ = Loose.as_servicer().GetShelf
    assert str(caught.value) == (
        "Loose.GetShelf is no action: it has no @grpc_action, and no app of INSTALLED_APPS that "
        "Loose is in has a contract of the service Loose in its grpc folder. Add the decorator, "
        "or register the class by AppHandlerRegistry(..., disable_proto_generation=True)."
    )


def test_a_method_that_lacks_its_decorator() -> None:
    with pytest.raises(ConfigurationError) as caught:
        _ = Plain.as_servicer().GetShelf
    assert str(caught.value) == "Plain.GetShelf is no action: it has no @grpc_action. Add it."
