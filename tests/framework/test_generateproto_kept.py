"""``manage.py generateproto``: what of an existing contract is kept, and what it says is lost."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django_socio_grpc.contract import stubs
from shops import Shop, TagService, declare


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.syspath_prepend(tmp_path)
    return Shop(tmp_path)


def serve(shop: Shop, **fields: str) -> None:
    shop.sync = shop.aio = [declare(TagService, **fields)]


def edit(shop: Shop, old: str, new: str) -> str:
    """Replace ``old`` in the contract, as a person would, and return the whole text."""
    text = shop.proto.read_text()
    assert text.count(old) == 1
    shop.proto.write_text(text.replace(old, new))
    return shop.proto.read_text()


# Options


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            'import "google/protobuf/empty.proto";',
            'import "google/protobuf/empty.proto";\n\noption java_multiple_files = true;\n'
            'option go_package = "example.org/\\"quoted\\";naïve";',
        ),
        (
            "message TagLendRequest {\n",
            "message TagLendRequest {\n    option deprecated = true;\n",
        ),
        ("int64 days = 1;", 'int64 days = 1 [json_name = "dayCount", jstype = JS_STRING];'),
        ("string reader = 2;", "string reader = 2 [deprecated = true];"),
        ("service TagController {\n", "service TagController {\n    option deprecated = true;\n"),
        (
            "rpc Lend(TagLendRequest) returns (google.protobuf.Empty) {}",
            "rpc Lend(TagLendRequest) returns (google.protobuf.Empty) {\n"
            "        option idempotency_level = IDEMPOTENT;\n"
            "    }",
        ),
    ],
)
@pytest.mark.parametrize("args", [[], ["--allow-breaking"], ["--override-fields-number"]])
def test_options_are_kept(shop: Shop, old: str, new: str, args: list[str]) -> None:
    serve(shop, days="int64", reader="string")
    shop.run()
    text = edit(shop, old, new)
    shop.run(*args)
    assert shop.proto.read_text() == text
    assert "up to date" in shop.run("--check")


def test_options_of_a_field_go_with_its_type(shop: Shop) -> None:
    serve(shop, days="int64")
    shop.run()
    edit(shop, "int64 days = 1;", "int64 days = 1 [jstype = JS_STRING];")
    serve(shop, days="string")
    shop.run("--allow-breaking")
    assert "    string days = 2;\n" in shop.proto.read_text()


LOST: list[tuple[Callable[[str], str], str]] = [
    (
        lambda text: text.replace("int32 days = 1;", "int32 days = 1; message Inner {}"),
        "the nested message TagLendRequest.Inner",
    ),
    (
        lambda text: text + "enum Kind { A = 0 [deprecated = true]; }",
        "the option deprecated = true of Kind.A",
    ),
    (
        lambda text: (
            text.replace("/empty.proto", "/descriptor.proto").replace(
                "google.protobuf.Empty", "TagLendRequest"
            )
            + "extend google.protobuf.FieldOptions { string hint = 50001; }"
        ),
        "the extension hint",
    ),
    (
        lambda text: (
            text.replace("import ", 'import "google/protobuf/descriptor.proto";import ', 1)
            .replace("int32 days = 1;", 'int32 days = 1 [(hint) = "x"];')
            .replace(
                "message TagLend",
                "extend google.protobuf.FieldOptions { string hint = 50001; }\nmessage TagLend",
            )
        ),
        "the option (50001) of TagLendRequest.days",
    ),
    (
        lambda text: text.replace('import "', 'import public "', 1),
        "the public import of google/protobuf/empty.proto",
    ),
    (
        lambda text: (
            text.replace('"proto3"', '"proto2"')
            .replace("    int", "    optional int")
            .replace("    string", "    optional string")
            .replace("repeated optional", "repeated")
        ),
        "syntax proto2",
    ),
]


@pytest.mark.parametrize(("change", "lost"), LOST, ids=[lost for _, lost in LOST])
def test_what_cannot_be_kept_is_refused_and_named(
    shop: Shop, change: Callable[[str], str], lost: str
) -> None:
    serve(shop, days="int32")
    shop.run()
    text = change(shop.proto.read_text())
    shop.proto.write_text(text)
    error = shop.error()
    assert f"  - {lost} would be lost." in error
    assert "disable_proto_generation=True" in error
    assert "--allow-breaking" in error
    assert shop.proto.read_text() == text
    shop.run("--allow-breaking")
    assert "int32 days = 1;" in shop.proto.read_text()
    assert "up to date" in shop.run("--check")


# What is removed


def test_what_is_removed_is_said(shop: Shop) -> None:
    serve(shop, days="int32", reader="string")
    shop.run()
    text = shop.proto.read_text() + "message Unused {}\nenum Kind { A = 0; }\n"
    shop.proto.write_text(text)
    serve(shop, days="int32")
    gone = [
        "TagLendRequest.reader (2) is removed: its number and name stay reserved.",
        "message Unused is removed.",
        "enum Kind is removed.",
    ]
    for args in (["--dry-run"], []):
        lines = shop.run(*args).splitlines()
        for line in gone:
            assert (f"// {line}" if args else line) in lines
    assert " is removed" not in shop.run()


def test_check_says_what_would_be_removed(shop: Shop) -> None:
    serve(shop, days="int32", reader="string")
    shop.run()
    serve(shop, days="int32")
    shop.error("--check")
    line = "TagLendRequest.reader (2) is removed: its number and name stay reserved."
    assert line in shop.printed.splitlines()


def test_what_is_removed_and_not_reserved_is_said_so(shop: Shop) -> None:
    serve(shop, days="int32", reader="string")
    shop.run()
    serve(shop, reader="string")
    lines = shop.run("--override-fields-number").splitlines()
    assert "TagLendRequest.days (1) is removed." in lines


def test_an_rpc_and_a_service_that_are_removed_are_refused_then_said(shop: Shop) -> None:
    serve(shop, days="int32")
    shop.run()
    shop.sync = shop.aio = [TagService]
    assert "TagController.Lend is gone" in shop.error()
    assert "rpc TagController.Lend is removed." in shop.run("--allow-breaking").splitlines()
    shop.sync = shop.aio = []
    assert "service TagController is gone" in shop.error()
    assert "service TagController is removed." in shop.run("--allow-breaking").splitlines()
    assert "TagController" not in shop.proto.read_text()


# A contract that is lost


def test_a_lost_contract_is_restored_from_its_stubs(shop: Shop) -> None:
    serve(shop, days="int32", reader="string")
    shop.run()
    edit(shop, "string reader = 2;", 'string reader = 7 [json_name = "who"];')
    shop.run()
    text = shop.proto.read_text()
    shop.proto.unlink()
    serve(shop, reader="string", days="int32")
    shop.run()
    assert shop.proto.read_text() == text


def test_a_lost_contract_is_still_one_that_clients_have(shop: Shop) -> None:
    serve(shop, days="int32")
    shop.run()
    shop.proto.unlink()
    serve(shop, days="string")
    assert "TagLendRequest.days becomes string instead of int32" in shop.error()


@pytest.mark.parametrize("text", ["", "<<<<<<< HEAD\n", "X = 1\n", "\0"])
def test_a_contract_is_not_lost_in_silence(shop: Shop, text: str) -> None:
    serve(shop, days="int32")
    shop.run()
    shop.proto.unlink()
    stub = shop.proto.with_name(f"{shop.label}_pb2.py")
    stub.write_text(text)
    error = shop.error()
    assert f"{shop.proto} is missing" in error
    assert f"{stub}, made of it, cannot be read. Restore the .proto" in error
    shop.run("--override-fields-number")
    assert "int32 days = 1;" in shop.proto.read_text()


@pytest.mark.parametrize("left", [".proto", "_pb2.py"])
def test_a_contract_in_another_folder_is_not_lost_in_silence(shop: Shop, left: str) -> None:
    serve(shop, days="int32")
    shop.run()
    old = shop.proto.parent.rename(shop.folder / "protos")
    for path in old.iterdir():
        if not path.name.endswith(left):
            path.unlink()
    error = shop.error()
    assert f"there is {old / f'{shop.label}{left}'}. Move that folder to" in error
    assert "--override-fields-number" in error
    assert not shop.proto.exists()
    shop.run("--override-fields-number")
    assert shop.proto.exists()


def test_what_is_no_contract_is_told_apart() -> None:
    assert stubs.contract_in("pool.AddSerializedFile(b'not a descriptor')") is None
    assert stubs.contract_in("pool.AddSerializedFile(data)") is None
