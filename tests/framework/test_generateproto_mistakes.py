"""``manage.py generateproto``: a mistake in a project is one message, and numbers are not lost."""

from pathlib import Path
from typing import Any

import pytest
from django_socio_grpc import generics
from django_socio_grpc.contract import files as contract
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.services import AppHandlerRegistry, Service
from library.models import Tag
from rest_framework import serializers
from shops import Shop, TagService, declare


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.syspath_prepend(tmp_path)
    return Shop(tmp_path)


def serve(shop: Shop, cls: type) -> None:
    shop.sync = shop.aio = [cls]


# Mistakes


class NotAField(serializers.ModelSerializer):
    class Meta:
        model = Tag
        fields = ["id", "no_such_field"]


class Fails(serializers.Serializer):
    text = serializers.CharField()

    def get_fields(self) -> Any:
        return {"user": self.context["request"].user}


def answers(serializer: Any) -> type:
    action = grpc_action(response=serializer)(lambda self, request, context: None)
    return type("TagService", (Service,), {"Lend": action})


@pytest.mark.parametrize(
    ("cls", "text"),
    [
        (answers(NotAField), "no_such_field"),
        (answers(Fails), "'request'"),
        (answers("No Message"), "'No Message'"),
        (answers([{"name": "a", "type": "int33"}]), "Did you mean 'int32'?"),
        (type("TagService", (generics.ModelService,), {}), "serializer_class"),
    ],
)
def test_a_wrong_service_is_one_message(shop: Shop, cls: type, text: str) -> None:
    serve(shop, cls)
    assert text in shop.error()


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("def hook(server):\n    AppHandlerRegistry('x')", "TypeError"),
        ("def hook(server):\n    return {}['shop']", "KeyError: 'shop' in \"return {}['shop']\""),
        ("def hook():\n    pass", "TypeError"),
        ("async def hook(server):\n    1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_hook_that_fails_is_one_message(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, code: str, text: str
) -> None:
    module = shop.folder / "handlers.py"
    module.write_text(f"from django_socio_grpc.services import AppHandlerRegistry\n\n\n{code}\n")
    monkeypatch.setattr(shop, "hook", f"{shop.label}.handlers.hook")
    error = shop.error()
    assert text in error
    assert "--traceback shows how it was reached" in error


@pytest.mark.parametrize("args", [[], ["--check"], ["--dry-run"]])
def test_a_contract_that_is_no_text_is_one_message(shop: Shop, args: list[str]) -> None:
    shop.run()
    shop.proto.write_bytes(b"\xff\xfe")
    assert "A file of the contract is not in UTF-8" in shop.error(*args)


def test_a_stub_that_is_no_text_is_one_message(shop: Shop) -> None:
    shop.run()
    shop.proto.with_name(f"{shop.label}_pb2.py").write_bytes(b"\xff\xfe")
    assert "A file of the contract is not in UTF-8" in shop.error("--check")


def test_a_contract_that_is_no_contract_is_one_message(shop: Shop) -> None:
    shop.run()
    shop.proto.write_text("<<<<<<< ours\n")
    assert "protoc refuses" in shop.error()


def test_a_contract_that_is_a_folder_is_one_message(shop: Shop) -> None:
    shop.proto.mkdir(parents=True)
    assert "The contract cannot be read or written" in shop.error()


def test_a_service_of_two_apps_is_in_both(shop: Shop, tmp_path: Path) -> None:
    other = Shop(tmp_path)

    def hook(server: Any) -> None:
        for label in (shop.label, other.label):
            AppHandlerRegistry(label, server).register(TagService)

    shop.hook = hook  # type: ignore[method-assign]
    shop.run()
    assert shop.proto.exists()
    assert other.proto.exists()


# What would lose numbers in silence


@pytest.mark.parametrize("kept", ["_pb2.pyi", "_pb2_grpc.py"])
def test_a_single_stub_tells_of_a_lost_contract(shop: Shop, kept: str) -> None:
    serve(shop, declare(TagService, days="int32"))
    shop.run()
    for path in shop.proto.parent.glob(f"{shop.label}*"):
        if path.name != f"{shop.label}{kept}":
            path.unlink()
    error = shop.error()
    assert f"there is {shop.proto.with_name(f'{shop.label}{kept}')}, made of it." in error
    shop.run("--override-fields-number")
    assert shop.proto.exists()


def test_an_app_that_was_renamed_keeps_its_contract(shop: Shop) -> None:
    serve(shop, declare(TagService, days="int32", reader="string"))
    shop.run()
    text = shop.proto.read_text()
    before = shop.proto.with_name("before.proto")
    shop.proto.rename(before)
    for path in shop.proto.parent.glob(f"{shop.label}_pb2*"):
        path.unlink()
    assert f"there is {before}. If that is how the app was called, rename the file" in shop.error()
    before.rename(shop.proto)
    serve(shop, declare(TagService, reader="string", days="int32"))
    shop.run()
    assert shop.proto.read_text() == text


def test_a_contract_by_hand_in_the_same_folder_is_no_lost_one(shop: Shop) -> None:
    shop.proto.parent.mkdir()
    shop.proto.with_name("other.proto").write_text('syntax = "proto3";\n')
    shop.run()
    assert contract.is_generated(shop.proto.read_text())
