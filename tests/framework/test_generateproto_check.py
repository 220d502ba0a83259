"""``manage.py generateproto``: what it prints, checks and refuses."""

from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings
from django_socio_grpc.exceptions import ProtobufGenerationException
from django_socio_grpc.settings import grpc_settings
from shops import Shop, TagService, declare


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.syspath_prepend(tmp_path)
    return Shop(tmp_path)


# --dry-run and --check


def test_dry_run_prints_the_contract_and_writes_nothing(shop: Shop) -> None:
    """Known defect of other implementations: the option does not work."""
    out = shop.run("--dry-run")
    assert "service TagController {" in out
    assert "DESCRIPTOR" not in out
    assert sorted(shop.files()) == ["__init__.py"]


def test_check_of_what_was_written_passes(shop: Shop) -> None:
    shop.run()
    before = shop.files()
    assert "up to date" in shop.run("--check")
    assert shop.files() == before


def test_check_without_a_contract_fails_and_writes_nothing(shop: Shop) -> None:
    text = shop.error("--check")
    assert f"{shop.proto} is missing" in text
    assert "Run: python manage.py generateproto" in text
    assert sorted(shop.files()) == ["__init__.py"]


def test_check_shows_the_difference_and_writes_nothing(shop: Shop) -> None:
    """Known defect of other implementations: the check writes the file that it looks at."""
    shop.run()
    before = shop.files()
    shop.sync = shop.aio = [declare(TagService, days="int32")]
    text = shop.error("--check")
    assert "+    rpc Lend(TagLendRequest) returns (google.protobuf.Empty) {}" in text
    assert f"--- {shop.proto}" in text
    assert f"{shop.label}_pb2.py differs" in text
    assert shop.files() == before


@pytest.mark.parametrize("ending", ["_pb2.py", "_pb2.pyi", "_pb2_grpc.py"])
def test_check_notices_a_stub_that_was_edited(shop: Shop, ending: str) -> None:
    shop.run()
    stub = shop.proto.with_name(shop.label + ending)
    stub.write_text(stub.read_text() + "# edited\n")
    text = shop.error("--check")
    assert f"{stub} differs" in text
    assert "1 files are out of date" in text


def test_check_notices_a_stub_that_is_missing(shop: Shop) -> None:
    shop.run()
    stub = shop.proto.with_name(f"{shop.label}_pb2.pyi")
    stub.unlink()
    assert f"{stub} is missing" in shop.error("--check")


def test_check_without_stubs_looks_at_the_contract_alone(shop: Shop) -> None:
    shop.run("--no-generate-pb2")
    assert "up to date" in shop.run("--check", "--no-generate-pb2")


def test_check_and_dry_run_exclude_each_other(shop: Shop) -> None:
    assert "not allowed with" in shop.error("--check", "--dry-run")


# What it refuses


def test_breaking_change_is_refused_and_nothing_is_written(shop: Shop) -> None:
    shop.sync = shop.aio = [declare(TagService, days="int32")]
    shop.run()
    before = shop.files()
    shop.sync = shop.aio = [declare(TagService, days="string")]
    text = shop.error()
    assert "TagLendRequest.days becomes string instead of int32" in text
    assert shop.files() == before
    assert "TagLendRequest.days" in shop.error("--check")


def test_breaking_change_can_be_insisted_on(shop: Shop) -> None:
    shop.sync = shop.aio = [declare(TagService, days="int32")]
    shop.run()
    shop.sync = shop.aio = [declare(TagService, days="string")]
    shop.run("--allow-breaking")
    assert "    reserved 1;\n    string days = 2;\n" in shop.proto.read_text()


def test_other_package_is_refused(shop: Shop) -> None:
    shop.run()
    assert f"becomes 'acme.{shop.label}'" in shop.error("--project", "acme")


def test_existing_contract_that_protoc_does_not_take_is_refused(shop: Shop) -> None:
    shop.proto.parent.mkdir()
    shop.proto.write_text("<<<<<<< HEAD\n")
    text = shop.error()
    assert f"{shop.label}.proto" in text
    assert "exit code 1" in text


@pytest.mark.parametrize("args", [[], ["--dry-run"], ["--no-generate-pb2"]])
def test_contract_that_protoc_does_not_take_is_refused(shop: Shop, args: list[str]) -> None:
    shop.sync = shop.aio = [declare(TagService, day_count="int32", dayCount="int32")]
    assert '"dayCount"' in shop.error(*args)
    assert sorted(shop.files()) == ["__init__.py"]


def test_no_service_names_the_hook(shop: Shop) -> None:
    shop.sync = shop.aio = []
    text = shop.error()
    assert "No service is registered" in text
    assert "Shop.hook" in text


def test_no_service_names_a_hook_that_has_no_name(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def register(server: Any, services: list[type]) -> None: ...

    monkeypatch.setattr(shop, "hook", partial(register, services=[]))
    assert "functools.partial(" in shop.error()


def test_folder_that_cannot_be_written_is_one_message(shop: Shop) -> None:
    shop.proto.parent.write_text("a file where the package should be")
    assert (
        f"cannot be read or written: [Errno 17] File exists: '{shop.proto.parent}'" in shop.error()
    )


@pytest.mark.parametrize("args", [["--check"], ["--project", "a b"]])
def test_what_stops_it_is_the_documented_exception_too(shop: Shop, args: list[str]) -> None:
    with pytest.raises(ProtobufGenerationException):
        shop.run(*args)


def test_service_that_cannot_be_in_a_contract_is_refused(shop: Shop) -> None:
    shop.sync = shop.aio = [declare(TagService, days="number")]
    assert "TagLendRequest.days has the type 'number'" in shop.error()


# Both servers


def test_different_contracts_name_both_classes_and_the_difference(shop: Shop) -> None:
    shop.aio = [declare(TagService, days="int32")]
    text = shop.error()
    assert "TagSyncService / TagService" in text
    assert "+    rpc Lend(TagLendRequest) returns (google.protobuf.Empty) {}" in text
    assert sorted(shop.files()) == ["__init__.py"]


def test_service_that_one_server_lacks_is_refused(shop: Shop) -> None:
    shop.aio = []
    assert "TagSyncService / nothing" in shop.error()


def test_mode_is_restored(shop: Shop) -> None:
    with override_settings(GRPC_FRAMEWORK={"ROOT_HANDLERS_HOOK": shop.hook}):
        for aio in (True, False):
            grpc_settings.GRPC_ASYNC = aio
            call_command("generateproto", "--dry-run", stdout=StringIO())
            assert grpc_settings.GRPC_ASYNC is aio
