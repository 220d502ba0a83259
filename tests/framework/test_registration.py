"""``AppHandlerRegistry``: services by class and by name, where it looks, what it refuses."""

import asyncio
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePath
from typing import Any

import grpc
import pytest
from django_socio_grpc.contract.protoc import compile_stubs
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.registry import AppHandlerRegistryError, RegistrySingleton
from django_socio_grpc.services import AppHandlerRegistry
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.testing import Mode, serve
from shops import Shop, TagProtoSerializer, TagService, TagSyncService

pytestmark = pytest.mark.filterwarnings("ignore:.* is registered by its name:DeprecationWarning")

GREETINGS = """
    from django_socio_grpc.decorators import grpc_action
    from django_socio_grpc.services import Service

    class GreetingService(Service):
        service_name = "Greeting"
        @grpc_action(response=[{"name": "text", "type": "string"}])
        def Greet(self, request, context):
            from {label}.grpc.{label}_pb2 import GreetingGreetResponse
            return GreetingGreetResponse(text="hello")
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.syspath_prepend(tmp_path)
    yield Shop(tmp_path)
    RegistrySingleton.clean_all()


def write(shop: Shop, name: str, text: str) -> None:
    path = shop.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text).replace("{label}", shop.label))


def greet(target: str, shop: Shop) -> str:
    with grpc.insecure_channel(target) as channel:
        method: Any = channel.unary_unary(f"/{shop.label}.GreetingController/Greet")
        reply: bytes = method(b"", timeout=10)
    return reply.decode()[2:]  # after the tag and the length of the only field


def register(shop: Shop, service: Any, path: str | None = None, **options: Any) -> Any:
    """Make a hook that registers ``service``, generate its contract, and return the hook."""

    def hook(server: Any) -> None:
        AppHandlerRegistry(shop.label, server, **options).register(service, path)

    shop.hook = hook  # type: ignore[method-assign]
    shop.run()
    return hook


def refusal(hook: Any, mode: Mode = "sync") -> str:
    with pytest.raises(ConfigurationError) as caught, serve(mode, hook):
        raise AssertionError("it serves")
    return str(caught.value)


# By name


@pytest.mark.parametrize("name", ["GreetingService", "Greeting"])
def test_by_name_in_a_module_of_its_own(shop: Shop, mode: Mode, name: str) -> None:
    write(shop, "services/__init__.py", "")
    write(shop, "services/greeting_service.py", GREETINGS)
    with serve(mode, register(shop, name)) as server:
        assert greet(server.target, shop) == "hello"


@pytest.mark.parametrize("module", ["services.py", "services/__init__.py"])
def test_by_name_in_the_services_module(shop: Shop, module: str) -> None:
    write(shop, module, GREETINGS)
    with serve("sync", register(shop, "GreetingService")) as server:
        assert greet(server.target, shop) == "hello"


def test_by_name_in_a_given_module(shop: Shop) -> None:
    write(shop, "words.py", GREETINGS)
    with serve("sync", register(shop, "GreetingService", f"{shop.label}.words")) as server:
        assert greet(server.target, shop) == "hello"


def test_by_name_in_a_given_folder(shop: Shop) -> None:
    write(shop, "api/__init__.py", "")
    write(shop, "api/greeting_service.py", GREETINGS)
    with serve("sync", register(shop, "GreetingService", service_folder="api")) as server:
        assert greet(server.target, shop) == "hello"


def test_by_name_is_deprecated(shop: Shop) -> None:
    write(shop, "services.py", GREETINGS)
    with pytest.warns(DeprecationWarning, match="'GreetingService' is registered by its name"):
        AppHandlerRegistry(shop.label, None).register("GreetingService")


def test_a_module_may_be_imported_anew(shop: Shop) -> None:
    write(shop, "services.py", GREETINGS)

    def found(**options: Any) -> type:
        RegistrySingleton.clean_all()
        registry = AppHandlerRegistry(shop.label, None, **options)
        registry.register("GreetingService")
        return RegistrySingleton.registry.apps[shop.label].services[0]

    first = found()
    assert found() is first
    assert found(reload_services=True) is not first


def test_words_of_a_name_are_separated(shop: Shop) -> None:
    write(shop, "services/__init__.py", "")
    text = GREETINGS.replace("GreetingService", "HTTPGreetingService").replace(
        "class HTTPGreetingService(Service):",
        'class HTTPGreetingService(Service):\n        service_name = "Greeting"\n',
    )
    write(shop, "services/http_greeting_service.py", text)
    with serve("sync", register(shop, "HTTPGreetingService")) as server:
        assert greet(server.target, shop) == "hello"


def test_a_name_that_is_nowhere(shop: Shop) -> None:
    def hook(server: Any) -> None:
        AppHandlerRegistry(shop.label, server).register("GreetingService")

    folder = f"{shop.label}.services"
    assert refusal(hook) == (
        f"{shop.label}: the service 'GreetingService' is looked for in "
        f"{folder}.greeting_service and {folder}, which is not there. Register the class itself, "
        "or give service_file_path."
    )


def test_a_module_without_the_class(shop: Shop) -> None:
    write(shop, "services/__init__.py", "")
    write(shop, "services/greeting_service.py", "X = 1")

    def hook(server: Any) -> None:
        AppHandlerRegistry(shop.label, server).register("GreetingService")

    assert refusal(hook) == (
        f"{shop.label}.services.greeting_service has no class 'GreetingService'."
    )


def test_an_import_that_fails_in_the_module_is_not_hidden(shop: Shop) -> None:
    write(shop, "services/__init__.py", "")
    write(shop, "services/greeting_service.py", "import no_such_module")

    def hook(server: Any) -> None:
        AppHandlerRegistry(shop.label, server).register("GreetingService")

    with pytest.raises(ModuleNotFoundError, match="no_such_module"), serve("sync", hook):
        raise AssertionError("it serves")


# By class


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


# The generated module


@pytest.mark.parametrize("folder", ["api", "api.grpc"])
def test_the_contract_may_be_in_another_folder(shop: Shop, folder: str) -> None:
    hook = register(shop, TagSyncService, grpc_folder=folder)
    assert (shop.folder.joinpath(*folder.split(".")) / f"{shop.label}.proto").exists()
    with serve("sync", hook) as running:
        assert running.server.services == [f"{shop.label}.TagController"]


def test_a_contract_that_was_never_generated(shop: Shop, mode: Mode) -> None:
    assert refusal(shop.hook, mode) == (
        f"{shop.label}.grpc.{shop.label}_pb2 is missing (No module named '{shop.label}.grpc'). "
        "Run: python manage.py generateproto"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("raise RuntimeError('made by a newer protobuf')", "does not import: made by a newer"),
        ("<<<<<<< ours", "does not import: invalid syntax"),
        ("", "is not a generated module."),
    ],
)
def test_a_generated_module_that_is_broken(shop: Shop, text: str, reason: str) -> None:
    write(shop, "grpc/__init__.py", "")
    write(shop, f"grpc/{shop.label}_pb2.py", text)
    message = refusal(shop.hook)
    assert message.startswith(f"{shop.label}.grpc.{shop.label}_pb2 {reason}")
    assert message.endswith("Run: python manage.py generateproto")


def test_a_contract_that_is_written_by_hand(shop: Shop) -> None:
    """Its messages are its own: the service answers with what it finds there."""
    write(shop, "services.py", GREETINGS)
    hook = register(shop, "GreetingService")
    proto = shop.proto.read_text()
    shop.proto.write_text(proto.replace("string text = 1;", "string text = 1;\n    int32 n = 2;"))
    compile_proto(shop)

    def by_hand(server: Any) -> None:
        registry = AppHandlerRegistry(shop.label, server, disable_proto_generation=True)
        registry.register("GreetingService")

    assert "GreetingGreetResponse still has n" in refusal(hook)
    with serve("sync", by_hand) as server:
        assert greet(server.target, shop) == "hello"


def compile_proto(shop: Shop) -> None:
    name = PurePath(shop.proto.relative_to(shop.root))
    modules = compile_stubs(shop.proto.read_text(), name, import_root=shop.root, extra_args=[])
    for path, text in modules.items():
        (shop.root / path).write_text(text)


# Servers that somebody built by hand


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
