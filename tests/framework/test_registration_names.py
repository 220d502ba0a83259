"""``AppHandlerRegistry``: services by name, and where it looks for them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django_socio_grpc.registry import RegistrySingleton
from django_socio_grpc.services import AppHandlerRegistry
from django_socio_grpc.testing import Mode, serve
from greetings import GREETINGS, greet, refusal, register, write
from shops import Shop

pytestmark = pytest.mark.filterwarnings("ignore:.* is registered by its name:DeprecationWarning")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.syspath_prepend(tmp_path)
    yield Shop(tmp_path)
    RegistrySingleton.clean_all()


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
