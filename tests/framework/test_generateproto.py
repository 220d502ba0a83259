"""``manage.py generateproto``: what it writes."""

import textwrap
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings
from django_socio_grpc.services.app_handler_registry import AppHandlerRegistry
from shops import Shop, TagService, declare


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.syspath_prepend(tmp_path)
    return Shop(tmp_path)


def test_writes_the_contract_and_the_stubs(shop: Shop) -> None:
    shop.run()
    assert sorted(shop.files()) == [
        "__init__.py",
        "grpc/__init__.py",
        f"grpc/{shop.label}.proto",
        f"grpc/{shop.label}_pb2.py",
        f"grpc/{shop.label}_pb2.pyi",
        f"grpc/{shop.label}_pb2_grpc.py",
    ]
    text = shop.proto.read_text()
    assert f"package {shop.label};" in text
    assert "service TagController {" in text
    assert f"from {shop.label}.grpc import" in shop.files()[f"grpc/{shop.label}_pb2_grpc.py"]


def test_comments_are_those_of_the_current_mode(shop: Shop) -> None:
    shop.run()
    assert "// The same for the sync server." in shop.proto.read_text()
    shop.run(GRPC_ASYNC=True)
    assert "// Words that describe books." in shop.proto.read_text()


def test_says_what_it_wrote_and_leaves_the_rest_alone(shop: Shop) -> None:
    assert f"written    {shop.proto}" in shop.run()
    before = {path: path.stat().st_mtime_ns for path in shop.folder.rglob("*")}
    assert "written" not in (out := shop.run())
    assert f"unchanged  {shop.proto}" in out
    assert {path: path.stat().st_mtime_ns for path in shop.folder.rglob("*")} == before


def test_lists_the_services_when_asked(shop: Shop) -> None:
    assert f"{shop.label}: TagSyncService\n" in shop.run("--custom-verbose", "1")


def test_init_file_that_is_there_is_kept(shop: Shop) -> None:
    shop.proto.parent.mkdir()
    (shop.proto.parent / "__init__.py").write_text("X = 1\n")
    shop.run()
    assert (shop.proto.parent / "__init__.py").read_text() == "X = 1\n"


def test_without_stubs(shop: Shop) -> None:
    shop.run("--no-generate-pb2")
    assert sorted(shop.files()) == ["__init__.py", f"grpc/{shop.label}.proto"]


def test_into_another_folder(shop: Shop, tmp_path: Path) -> None:
    shop.run("--directory", str(tmp_path / "protos"))
    assert [path.name for path in (tmp_path / "protos").iterdir()] == [f"{shop.label}.proto"]
    assert sorted(shop.files()) == ["__init__.py"]


def test_arguments_may_be_short(shop: Shop, tmp_path: Path) -> None:
    shop.run("-nopb2", "-p", "acme", "-cv", "1", "-ofn", "-a=--fatal_warnings")
    assert f"package acme.{shop.label};" in shop.proto.read_text()
    assert "up to date" in shop.run("-c", "-nopb2")
    assert "service TagController {" in shop.run("-dr")
    shop.run("-d", str(tmp_path / "protos"))
    assert (tmp_path / "protos" / shop.proto.name).exists()


def test_arguments_of_call_command_are_taken_as_they_are_documented(
    shop: Shop, tmp_path: Path
) -> None:
    with override_settings(GRPC_FRAMEWORK={"ROOT_HANDLERS_HOOK": shop.hook}):
        call_command(
            "generateproto",
            project="acme",
            directory=str(tmp_path / "protos"),
            override_fields_number=True,
            custom_verbose=1,
            stdout=StringIO(),
        )
        assert f"package acme.{shop.label};" in next((tmp_path / "protos").iterdir()).read_text()
        shared = {"no_generate_pb2": True, "stdout": StringIO()}
        call_command("generateproto", extra_args=["--fatal_warnings"], dry_run=False, **shared)
        assert sorted(shop.files()) == ["__init__.py", f"grpc/{shop.label}.proto"]
        call_command("generateproto", check=True, **shared)


def test_into_another_folder_keeps_the_apps_numbers(shop: Shop, tmp_path: Path) -> None:
    shop.run()
    text = shop.proto.read_text().replace("string label = 2", "string label = 7")
    shop.proto.write_text(text)
    shop.run("--directory", str(tmp_path / "protos"))
    assert "string label = 7;" in (tmp_path / "protos" / f"{shop.label}.proto").read_text()


def test_into_another_folder_keeps_its_own_numbers(shop: Shop, tmp_path: Path) -> None:
    target = tmp_path / "protos" / f"{shop.label}.proto"
    shop.run("--directory", str(target.parent))
    target.write_text(target.read_text().replace("string label = 2", "string label = 7"))
    shop.run("--directory", str(target.parent))
    assert "string label = 7;" in target.read_text()


def test_project_goes_before_the_package(shop: Shop) -> None:
    shop.run("--project", "acme")
    assert f"package acme.{shop.label};" in shop.proto.read_text()


def test_package_of_the_existing_contract_is_kept(shop: Shop) -> None:
    shop.run("--project", "acme")
    shop.run()
    assert f"package acme.{shop.label};" in shop.proto.read_text()


def test_numbers_are_kept_and_gone_fields_reserved(shop: Shop) -> None:
    shop.sync = shop.aio = [declare(TagService, days="int32", reader="string")]
    shop.run()
    shop.sync = shop.aio = [declare(TagService, copy="int64", reader="string")]
    shop.run()
    block = shop.proto.read_text().partition("message TagLendRequest {")[2].partition("}")[0]
    assert textwrap.dedent(block).split("\n") == [
        "",
        "reserved 1;",
        'reserved "days";',
        "string reader = 2;",
        "int64 copy = 3;",
        "",
    ]


def test_numbers_anew(shop: Shop) -> None:
    shop.sync = shop.aio = [declare(TagService, days="int32", reader="string")]
    shop.run()
    shop.sync = shop.aio = [declare(TagService, reader="string")]
    shop.run("--override-fields-number")
    assert "message TagLendRequest {\n    string reader = 1;\n}" in shop.proto.read_text()


def test_extra_arguments_reach_protoc(shop: Shop) -> None:
    shop.run("-a=--fatal_warnings", "-a=--dependency_out=deps.txt")
    assert (shop.root / "deps.txt").exists()
    assert "no_such_option" in shop.error("--extra-args=--no_such_option")


def test_app_that_disables_generation_is_left_out(shop: Shop) -> None:
    other = Shop(shop.root)

    def hook(server: Any) -> None:
        shop.hook(server)
        AppHandlerRegistry(other.label, server, disable_proto_generation=True).register(TagService)

    with override_settings(GRPC_FRAMEWORK={"ROOT_HANDLERS_HOOK": hook}):
        call_command("generateproto", stdout=StringIO())
    assert shop.proto.exists()
    assert not other.proto.exists()


def test_async_hook(shop: Shop) -> None:
    async def hook(server: Any) -> None:
        shop.hook(server)

    with override_settings(GRPC_FRAMEWORK={"ROOT_HANDLERS_HOOK": hook}):
        call_command("generateproto", stdout=StringIO())
    assert shop.proto.exists()
