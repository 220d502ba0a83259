"""``AppHandlerRegistry``: where the generated module is, and what is wrong with it."""

from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import pytest
from django_socio_grpc.contract.protoc import compile_stubs
from django_socio_grpc.registry import RegistrySingleton
from django_socio_grpc.services import AppHandlerRegistry
from django_socio_grpc.testing import Mode, serve
from greetings import GREETINGS, greet, refusal, register, write
from shops import Shop, TagSyncService

pytestmark = pytest.mark.filterwarnings("ignore:.* is registered by its name:DeprecationWarning")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.syspath_prepend(tmp_path)
    yield Shop(tmp_path)
    RegistrySingleton.clean_all()


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
