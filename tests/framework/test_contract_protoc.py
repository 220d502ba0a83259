"""The compiler: parsed contracts, stubs that import, and what it says about bad input."""

import os
import subprocess
import sys
from pathlib import Path, PurePath

import pytest
from compiled import compile_to_descriptors
from django_socio_grpc.contract import protoc
from django_socio_grpc.exceptions import ProtobufGenerationException
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

TEXT = """\
syntax = "proto3";
package library;
import "google/protobuf/struct.proto";
message Book { string title = 1; google.protobuf.Struct extra = 2; }
service BookController { rpc Get(Book) returns (Book) {} }
"""
NAME = PurePath("library/grpc/library.proto")


def test_parse_gives_the_files_own_descriptor() -> None:
    file = protoc.parse(TEXT, NAME)
    assert file.name == "library/grpc/library.proto"
    assert [message.name for message in file.message_type] == ["Book"]


def test_parse_finds_imports_under_the_root(tmp_path: Path) -> None:
    (tmp_path / "shared.proto").write_text('syntax = "proto3"; package s; message A {}')
    text = 'syntax = "proto3"; import "shared.proto"; message B { s.A a = 1; }'
    file = protoc.parse(text, PurePath("b.proto"), import_root=tmp_path)
    assert file.message_type[0].field[0].type_name == ".s.A"


def test_text_goes_before_the_file_of_that_name(tmp_path: Path) -> None:
    (tmp_path / "b.proto").write_text('syntax = "proto3"; message Old {}')
    text = 'syntax = "proto3"; message New {}'
    file = protoc.parse(text, PurePath("b.proto"), import_root=tmp_path)
    assert [message.name for message in file.message_type] == ["New"]


def test_what_protoc_says_is_in_the_error() -> None:
    """Known defect of other implementations: protoc's exit code does not count."""
    with pytest.raises(ProtobufGenerationException) as caught:
        protoc.parse('syntax = "proto3"; message Book { strin title = 1; }', NAME)
    text = str(caught.value)
    assert "library/grpc/library.proto" in text
    assert '"strin" is not defined' in text
    assert "exit code 1" in text


def test_unknown_argument_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProtobufGenerationException, match="no_such_option"):
        protoc.compile_stubs(TEXT, NAME, import_root=tmp_path, extra_args=["--no_such_option"])


def test_missing_compiler_is_an_error_that_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "grpc_tools", None)
    with pytest.raises(ProtobufGenerationException, match="grpcio-tools"):
        protoc.parse(TEXT, PurePath("not/parsed/yet.proto"))


def test_stubs_are_returned_and_not_written(tmp_path: Path) -> None:
    stubs = protoc.compile_stubs(TEXT, NAME, import_root=tmp_path)
    assert [path.as_posix() for path in stubs] == [
        "library/grpc/library_pb2.py",
        "library/grpc/library_pb2.pyi",
        "library/grpc/library_pb2_grpc.py",
    ]
    assert list(tmp_path.iterdir()) == []


def test_stubs_are_the_same_each_time(tmp_path: Path) -> None:
    again = protoc.compile_stubs(TEXT, NAME, import_root=tmp_path / "elsewhere")
    assert protoc.compile_stubs(TEXT, NAME, import_root=tmp_path) == again


def test_stubs_import_by_the_path_of_their_package(tmp_path: Path) -> None:
    for path, text in protoc.compile_stubs(TEXT, NAME, import_root=tmp_path).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    code = "from library.grpc import library_pb2_grpc as g; print(g.library__pb2.Book.__module__)"
    code = code.replace("g.library__pb2", "g.library_dot_grpc_dot_library__pb2")
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("library.grpc.library_pb2", "")


def test_what_an_extra_argument_makes_protoc_write_is_returned(tmp_path: Path) -> None:
    stubs = protoc.compile_stubs(
        TEXT, NAME, import_root=tmp_path, extra_args=["--dependency_out=deps.txt"]
    )
    assert PurePath("deps.txt") in stubs


def test_package_named_grpc_in_the_current_folder_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("grpc", "grpc_tools"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise RuntimeError('the wrong package')")
    monkeypatch.chdir(tmp_path)
    name = PurePath("harmless.proto")  # a name of its own, so that it is not parsed already
    assert protoc.parse(TEXT, name).package == "library"


def test_descriptors_give_message_classes() -> None:
    file = compile_to_descriptors(TEXT)
    book = GetMessageClass(file.message_types_by_name["Book"])(title="Emma", extra={"a": [1]})
    assert book.SerializeToString().startswith(b"\n\x04Emma")
    extra = file.message_types_by_name["Book"].fields_by_name["extra"]
    assert extra.type == FieldDescriptor.TYPE_MESSAGE
    assert file.services_by_name["BookController"].methods_by_name["Get"].input_type.name == "Book"


def test_two_contracts_may_use_one_name_for_different_messages() -> None:
    other = TEXT.replace("string title = 1", "int32 pages = 1")
    names = [
        list(compile_to_descriptors(text).message_types_by_name["Book"].fields_by_name)
        for text in (TEXT, other)
    ]
    assert names == [["title", "extra"], ["pages", "extra"]]
