"""``AppHandlerRegistry``: services by class, what it refuses, servers built by hand."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from django.conf import settings
from django.test import override_settings
from django_socio_grpc.registry import AppHandlerRegistryError, RegistrySingleton
from django_socio_grpc.services import AppHandlerRegistry
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.testing import Mode, serve
from greetings import GREETINGS, greet, refusal, register, write
from shops import Shop, TagProtoSerializer, TagService, TagSyncService

pytestmark = pytest.mark.filterwarnings("ignore:.* is registered by its name:DeprecationWarning")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.syspath_prepend(tmp_path)
    yield Shop(tmp_path)
    RegistrySingleton.clean_all()


def test_by_class(shop: Shop, mode: Mode) -> None:
    shop.run()
    with serve(mode, shop.hook) as running:
        service = TagService if mode == "aio" else TagSyncService
        assert running.server.apps[shop.label].services == (service,)
        assert running.server.services == [f"{shop.label}.TagController"]


def test_what_is_no_service(shop: Shop) -> None:
    def hook(server: Any) -> None:
        AppHandlerRegistry(shop.label, server).register(TagProtoSerializer)  # type: ignore[arg-type]

    assert refusal(hook) == (
        f"{TagProtoSerializer!r} cannot be registered: it is not a subclass of "
        "django_socio_grpc.services.Service."
    )


def test_two_services_of_one_name(shop: Shop) -> None:
    def hook(server: Any) -> None:
        registry = AppHandlerRegistry(shop.label, server)
        registry.register(TagService)
        registry.register(TagSyncService)

    shop.run()
    assert refusal(hook) == (
        f"TagSyncService and TagService are both TagController of the app {shop.label!r}. "
        "Register one of them, or give one another service_name."
    )


def test_a_service_that_is_registered_twice(shop: Shop) -> None:
    def hook(server: Any) -> None:
        registry = AppHandlerRegistry(shop.label, server)
        registry.register(TagSyncService)
        registry.register(TagSyncService)

    shop.run()
    assert refusal(hook) == (
        f"TagSyncService is registered twice with the app {shop.label!r}. Register it once."
    )


@pytest.mark.parametrize("name", ["{label}", "outer.{label}"], ids=["label", "package"])
def test_an_app_in_a_package_is_named_by_either(
    shop: Shop, mode: Mode, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer = shop.root / f"outer_of_{shop.label}"
    outer.mkdir()
    (outer / "__init__.py").touch()
    shop.folder = shop.folder.rename(outer / shop.label)
    app = f"{outer.name}.{shop.label}"
    given = name.replace("outer", outer.name).format(label=shop.label)

    def hook(server: Any) -> None:
        AppHandlerRegistry(given, server).register(TagSyncService)

    monkeypatch.setattr(shop, "hook", hook)
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, app]):
        shop.run()
        assert shop.proto.exists()
        with serve(mode, hook) as running:
            assert running.server.services == [f"{shop.label}.TagController"]


def test_a_second_registry_for_one_app(shop: Shop) -> None:
    AppHandlerRegistry(shop.label, None)
    with pytest.raises(AppHandlerRegistryError, match="has an AppHandlerRegistry already"):
        AppHandlerRegistry(shop.label, None)
    RegistrySingleton.clean_all()
    AppHandlerRegistry(shop.label, None)


def test_each_server_has_a_registry_of_its_own(shop: Shop) -> None:
    shop.run()
    with serve("aio", shop.hook), serve("sync", shop.hook):
        AppHandlerRegistry(shop.label, None)


def test_an_app_that_is_not_there() -> None:
    def hook(server: Any) -> None:
        AppHandlerRegistry("no_such_app", server)

    assert refusal(hook) == (
        "AppHandlerRegistry('no_such_app'): no installed app has this label or name, and no "
        "package of this name imports (No module named 'no_such_app')."
    )


def test_a_folder_that_is_no_package(shop: Shop) -> None:
    (shop.folder / "__init__.py").unlink()
    assert refusal(shop.hook) == f"{shop.label} has no __init__.py. Add an empty one."


def test_a_sync_server_built_by_hand(shop: Shop) -> None:
    write(shop, "services.py", GREETINGS)
    hook = register(shop, "GreetingService")
    with ThreadPoolExecutor(2) as pool:
        server = grpc.server(pool)
        hook(server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        assert greet(f"127.0.0.1:{port}", shop) == "hello"
        server.stop(0).wait()


def test_an_aio_server_built_by_hand(shop: Shop) -> None:
    """What the server is counts, and not what GRPC_ASYNC says."""
    write(shop, "services.py", GREETINGS)
    hook = register(shop, "GreetingService")
    assert not grpc_settings.GRPC_ASYNC

    async def main() -> str:
        server = grpc.aio.server()
        hook(server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            return await asyncio.to_thread(greet, f"127.0.0.1:{port}", shop)
        finally:
            await server.stop(0)

    assert asyncio.run(main()) == "hello"
