"""Where contracts are: in the app, in the project's own folder, and in which package."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from django.test import override_settings
from django_socio_grpc.contract.packages import package_of
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.registry import RegistrySingleton
from django_socio_grpc.services import AppHandlerRegistry
from django_socio_grpc.testing import Mode, serve
from shops import Shop, TagSyncService


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.syspath_prepend(tmp_path)
    yield Shop(tmp_path)
    RegistrySingleton.clean_all()


@pytest.fixture
def elsewhere(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The project's folder, which is not the one that the app is in."""
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.syspath_prepend(root)

    def hook(server: Any) -> None:
        AppHandlerRegistry(shop.label, server, to_root_grpc=True).register(TagSyncService)

    shop.hook = hook  # type: ignore[method-assign]
    with override_settings(BASE_DIR=root):
        yield root
    for name in [name for name in sys.modules if name.partition(".")[0] == "grpc_folder"]:
        del sys.modules[name]


# In the project's folder


def test_the_contract_of_an_app_of_others_is_in_the_projects_folder(
    shop: Shop, elsewhere: Path
) -> None:
    shop.run()
    folder = elsewhere / "grpc_folder" / shop.label
    assert {path.name for path in folder.iterdir()} == {
        "__init__.py",
        f"{shop.label}.proto",
        f"{shop.label}_pb2.py",
        f"{shop.label}_pb2.pyi",
        f"{shop.label}_pb2_grpc.py",
    }
    stubs = (folder / f"{shop.label}_pb2_grpc.py").read_text()
    assert f"from grpc_folder.{shop.label} import {shop.label}_pb2" in stubs
    assert not shop.proto.exists()
    assert "up to date" in shop.run("--check")


def test_it_is_served_from_there(shop: Shop, elsewhere: Path, mode: Mode) -> None:
    shop.run()
    with serve(mode, shop.hook) as running:
        assert running.server.services == [f"{shop.label}.TagController"]


def test_the_folder_has_a_setting(shop: Shop, elsewhere: Path) -> None:
    shop.run(ROOT_GRPC_FOLDER="contracts.v1")
    assert (elsewhere / "contracts" / "v1" / shop.label / f"{shop.label}.proto").exists()


@pytest.mark.parametrize("folder", ["", "my-folder", "a/b", ".a"])
def test_a_folder_that_is_no_package(shop: Shop, elsewhere: Path, folder: str) -> None:
    error = shop.error(ROOT_GRPC_FOLDER=folder)
    assert f"GRPC_FRAMEWORK['ROOT_GRPC_FOLDER'] is {folder!r}" in error


def test_services_may_import_from_there_before_it_is_there(shop: Shop, elsewhere: Path) -> None:
    (shop.folder / "services.py").write_text(
        f"from grpc_folder.{shop.label}.{shop.label}_pb2 import TagResponse\n"
        "from shops import TagSyncService as TagService\n"
    )

    def hook(server: Any) -> None:
        registry = AppHandlerRegistry(shop.label, server, to_root_grpc=True)
        with pytest.warns(DeprecationWarning, match="by its name"):
            registry.register("TagService")

    shop.hook = hook  # type: ignore[method-assign]
    shop.run()
    assert (elsewhere / "grpc_folder" / shop.label / f"{shop.label}.proto").exists()


@override_settings(BASE_DIR=None)
def test_a_project_without_a_folder(shop: Shop) -> None:
    with pytest.raises(ConfigurationError, match="the settings have no BASE_DIR"):
        AppHandlerRegistry(shop.label, None, to_root_grpc=True)


def test_the_path_of_the_stubs_has_no_effect(shop: Shop) -> None:
    def hook(server: Any) -> None:
        registry = AppHandlerRegistry(shop.label, server, override_pb2_grpc_file_path="no.such")
        registry.register(TagSyncService)

    shop.hook = hook  # type: ignore[method-assign]
    shop.run()
    with serve("sync", hook) as running:
        assert running.server.services == [f"{shop.label}.TagController"]


def test_arguments_have_their_documented_places(shop: Shop) -> None:
    registry = AppHandlerRegistry(shop.label, None, "api", "pb", True, True, None, False)
    assert (registry.service_folder, registry.grpc_folder) == ("api", "pb")
    assert (registry.reload_services, registry.to_root_grpc) == (True, False)
    assert not RegistrySingleton.registry.apps[shop.label].generates


# The package


def test_the_package_of_a_new_contract_is_what_the_setting_says(shop: Shop) -> None:
    shop.run(PROTO_PACKAGE="{project}.{app}.v1")
    assert f"package tests.{shop.label}.v1;" in shop.proto.read_text()


def test_an_existing_contract_keeps_its_package(shop: Shop) -> None:
    shop.run(PROTO_PACKAGE="{project}.{app}")
    shop.run(PROTO_PACKAGE="{app}")
    assert f"package tests.{shop.label};" in shop.proto.read_text()


def test_the_project_may_be_named_by_the_command(shop: Shop) -> None:
    shop.run("--project", "backend", PROTO_PACKAGE="{app}.v1")
    assert f"package backend.{shop.label};" in shop.proto.read_text()


def test_calls_go_to_that_package(shop: Shop, mode: Mode) -> None:
    shop.run(PROTO_PACKAGE="api.{app}")
    with serve(mode, shop.hook) as running, running.channel() as channel:
        assert running.server.services == [f"api.{shop.label}.TagController"]
        method: Any = channel.unary_unary(f"/api.{shop.label}.TagController/Missing")
        with pytest.raises(grpc.RpcError) as caught:
            method(b"", timeout=10)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{team}.{app}", "which cannot be filled in ('team')"),
        ("{app", "which cannot be filled in"),
        ("{}", "which cannot be filled in"),
        ("my-api.{app}", "which makes 'my-api.library', and that is no package"),
        (".{app}", "which makes '.library', and that is no package"),
        ("", "which makes '', and that is no package"),
    ],
)
def test_a_setting_that_gives_no_package(template: str, text: str) -> None:
    with (
        override_settings(GRPC_FRAMEWORK={"PROTO_PACKAGE": template}),
        pytest.raises(ConfigurationError) as caught,
    ):
        package_of("library")
    assert "GRPC_FRAMEWORK['PROTO_PACKAGE'] is" in str(caught.value)
    assert text in str(caught.value)


def test_a_project_that_gives_no_package(shop: Shop) -> None:
    assert "--project is 'my-api', which makes" in shop.error("--project", "my-api")


def test_two_apps_with_one_message_in_one_package(shop: Shop, tmp_path: Path) -> None:
    other = Shop(tmp_path)

    def hook(server: Any) -> None:
        for label in (shop.label, other.label):
            AppHandlerRegistry(label, server).register(TagSyncService)

    shop.hook = hook  # type: ignore[method-assign]
    error = shop.error(PROTO_PACKAGE="api")
    assert f"{shop.label!r} and {other.label!r} both have api.TagController" in error
    assert "with {app} in GRPC_FRAMEWORK['PROTO_PACKAGE']" in error
    assert not shop.proto.exists()


# Contracts that nobody registers any more


@pytest.fixture
def forgotten(shop: Shop, settings: Any, tmp_path: Path) -> Shop:
    """An app of the project whose contract is there; only another app is registered."""
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, shop.label]
    shop.run()
    other = Shop(tmp_path)
    shop.hook = other.hook  # type: ignore[method-assign]
    return shop


@pytest.mark.parametrize("args", [[], ["--check"], ["--dry-run"]])
def test_a_forgotten_contract_is_noticed(forgotten: Shop, args: list[str]) -> None:
    text = forgotten.proto.read_text()
    error = forgotten.error(*args)
    assert f"{forgotten.proto} is a contract that clients may have" in error
    assert f"Call AppHandlerRegistry({forgotten.label!r}, server)" in error
    assert "disable_proto_generation=True" in error
    assert forgotten.proto.read_text() == text


def test_insisting_takes_its_services_away_once(forgotten: Shop) -> None:
    assert "service TagController is removed." in forgotten.run("--allow-breaking")
    assert "TagController" not in forgotten.proto.read_text()
    assert "up to date" in forgotten.run("--check")


def test_a_contract_that_another_project_serves_is_left_alone(forgotten: Shop) -> None:
    text, serve_other = forgotten.proto.read_text(), forgotten.hook

    def hook(server: Any) -> None:
        serve_other(server)
        AppHandlerRegistry(forgotten.label, server, disable_proto_generation=True)

    forgotten.hook = hook  # type: ignore[method-assign]
    forgotten.run()
    assert forgotten.proto.read_text() == text


def test_a_contract_that_was_never_generated_is_left_alone(forgotten: Shop) -> None:
    text = forgotten.proto.read_text()
    forgotten.proto.write_text(text[text.index("syntax") :])
    forgotten.run()


def test_a_forgotten_contract_in_the_projects_folder_is_noticed(
    shop: Shop, elsewhere: Path
) -> None:
    shop.run()
    shop.hook = Shop(shop.root).hook  # type: ignore[method-assign]
    path = elsewhere / "grpc_folder" / shop.label / f"{shop.label}.proto"
    assert f"{path} is a contract that clients may have" in shop.error()
    assert "service TagController is removed." in shop.run("--allow-breaking")
