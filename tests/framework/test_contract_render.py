"""The text of a contract: its format, its comments, and that protoc understands it."""

import pytest
from django_socio_grpc.contract import descriptors, protoc
from django_socio_grpc.contract.render import HEADER, render
from django_socio_grpc.exceptions import ProtobufGenerationException
from django_socio_grpc.schema.model import (
    EMPTY,
    STRUCT,
    AppSpec,
    EnumSpec,
    EnumValue,
    FieldCardinality,
    FieldSpec,
    MessageSpec,
    RpcSpec,
    ServiceSpec,
)
from django_socio_grpc.schema.proto_types import file_of, names_in
from grpc_health.v1 import health_pb2

OPTIONAL, REPEATED = FieldCardinality.OPTIONAL, FieldCardinality.REPEATED

TAG = MessageSpec(
    name="Tag",
    comment="A word that describes a book.",
    fields=(FieldSpec(name="label", type="string", comment="Lower case.\nNo spaces.", number=1),),
)
BOOK = MessageSpec(
    name="Book",
    fields=(
        FieldSpec(name="extra", type=STRUCT, cardinality=OPTIONAL, number=4),
        FieldSpec(name="title", type="string", number=1),
        FieldSpec(name="tags", type="Tag", cardinality=REPEATED, number=3),
    ),
    reserved_numbers=(range(2, 3), range(5, 8)),
    reserved_names=("isbn", "author"),
)
SERVICE = ServiceSpec(
    name="BookController",
    comment="Books.",
    rpcs=(
        RpcSpec(name="Watch", request=EMPTY, response="Book", response_stream=True),
        RpcSpec(
            name="Chat", request="Tag", response="Tag", request_stream=True, response_stream=True
        ),
        RpcSpec(name="Create", request="Book", response="Book", comment="Make one."),
    ),
)
GENRE = EnumSpec(
    name="Genre",
    values=(EnumValue("NONE", 0), EnumValue("POEM", 2)),
    reserved_numbers=(range(1, 2),),
)
SPEC = AppSpec(package="library", services=(SERVICE,), messages=(TAG, BOOK), enums=(GENRE,))

TEXT = """\
syntax = "proto3";

package library;

import "google/protobuf/empty.proto";
import "google/protobuf/struct.proto";

// Books.
service BookController {
    rpc Chat(stream Tag) returns (stream Tag) {}
    // Make one.
    rpc Create(Book) returns (Book) {}
    rpc Watch(google.protobuf.Empty) returns (stream Book) {}
}

message Book {
    reserved 2, 5 to 7;
    reserved "author", "isbn";
    string title = 1;
    repeated Tag tags = 3;
    optional google.protobuf.Struct extra = 4;
}

// A word that describes a book.
message Tag {
    // Lower case.
    // No spaces.
    string label = 1;
}

enum Genre {
    reserved 1;
    NONE = 0;
    POEM = 2;
}
"""


def test_format() -> None:
    assert render(SPEC).partition("syntax")[2] == TEXT.partition("syntax")[2]


def test_first_lines_say_where_the_file_comes_from() -> None:
    first, second = HEADER.splitlines()
    assert render(SPEC).splitlines()[:2] == [f"// {first}", f"// {second}"]
    assert "manage.py generateproto" in first


def test_order_of_declaration_does_not_matter() -> None:
    other = AppSpec(package="library", services=(SERVICE,), messages=(BOOK, TAG), enums=(GENRE,))
    assert render(other) == render(SPEC)


def test_protoc_reads_back_what_was_rendered() -> None:
    read = descriptors.read(protoc.parse(render(SPEC)))
    assert {message.name for message in read.messages} == {"Book", "Tag"}
    book = next(message for message in read.messages if message.name == "Book")
    assert [(f.name, f.type, f.cardinality, f.number) for f in book.fields] == [
        ("title", "string", FieldCardinality.NONE, 1),
        ("tags", "Tag", REPEATED, 3),
        ("extra", STRUCT, OPTIONAL, 4),
    ]
    assert book.reserved_numbers == (range(2, 3), range(5, 8))
    assert set(book.reserved_names) == {"author", "isbn"}
    assert read.enums[0].reserved_numbers == GENRE.reserved_numbers
    assert {
        rpc.name: (rpc.request_stream, rpc.response_stream) for rpc in read.services[0].rpcs
    } == {"Chat": (True, True), "Create": (False, False), "Watch": (False, True)}


def test_a_message_may_have_the_name_of_an_rpc() -> None:
    rpcs = (RpcSpec(name="Tag", request="Tag", response="Tag"), RpcSpec(name="Tags"))
    service = ServiceSpec(name="TagController", rpcs=rpcs)
    spec = AppSpec(package="acme.tags", services=(service,), messages=(TAG,))
    assert descriptors.read(protoc.parse(render(spec))).services == (service,)


def test_message_without_fields_is_one_line() -> None:
    spec = AppSpec(package="library", messages=(MessageSpec(name="PingRequest"),))
    assert render(spec).endswith("\n\nmessage PingRequest {}\n")


def test_nothing_to_import_leaves_no_gap() -> None:
    text = render(AppSpec(package="library", messages=(TAG,)))
    assert "import" not in text.partition("syntax")[2]
    assert "\n\n\n" not in text


@pytest.mark.parametrize("comment", ["a */ b", "tab\there", "a\r\nmessage X {}", "ü \\ \"'"])
def test_no_comment_can_end_itself(comment: str) -> None:
    spec = AppSpec(package="library", messages=(MessageSpec(name="Tag", comment=comment),))
    assert [m.name for m in protoc.parse(render(spec)).message_type] == ["Tag"]


def test_blank_line_of_a_comment_has_no_trailing_space() -> None:
    spec = AppSpec(package="p", messages=(MessageSpec(name="Tag", comment="a\n\nb"),))
    assert "// a\n//\n// b\n" in render(spec)


def test_type_of_an_unknown_package_is_an_error_that_names_it() -> None:
    field = FieldSpec(name="a", type="shop.Price", number=1)
    spec = AppSpec(package="library", messages=(MessageSpec(name="Tag", fields=(field,)),))
    with pytest.raises(ProtobufGenerationException, match=r"library uses shop\.Price"):
        render(spec)


def test_own_package_before_a_name_is_an_error_that_says_so() -> None:
    field = FieldSpec(name="a", type="library.Tag", number=1)
    spec = AppSpec(package="library", messages=(MessageSpec(name="Tag", fields=(field,)),))
    with pytest.raises(ProtobufGenerationException, match="without the package"):
        render(spec)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("google.protobuf.Empty", "google/protobuf/empty.proto"),
        ("google.protobuf.Value", "google/protobuf/struct.proto"),
        ("google.protobuf.NullValue", "google/protobuf/struct.proto"),
        ("google.protobuf.Timestamp", "google/protobuf/timestamp.proto"),
        ("google.protobuf.Duration", "google/protobuf/duration.proto"),
        ("google.protobuf.Int64Value", "google/protobuf/wrappers.proto"),
        ("grpc.health.v1.NoSuchMessage", None),
    ],
)
def test_file_of_a_type(name: str, file: str | None) -> None:
    assert file_of(name) == file


def test_file_of_a_type_whose_module_was_imported() -> None:
    full_name = health_pb2.HealthCheckRequest.DESCRIPTOR.full_name
    assert file_of(full_name) == health_pb2.DESCRIPTOR.name


def test_names_in_a_map_type() -> None:
    assert list(names_in("map<string, Tag>")) == ["Tag"]
    assert list(names_in("map<int32, bool>")) == []
    assert list(names_in("Tag")) == ["Tag"]
    assert list(names_in("int32")) == []


def test_map_type_imports_the_file_of_its_values() -> None:
    field = FieldSpec(name="extra", type="map<string, google.protobuf.Value>", number=1)
    spec = AppSpec(package="library", messages=(MessageSpec(name="Tag", fields=(field,)),))
    assert protoc.parse(render(spec)).dependency == ["google/protobuf/struct.proto"]
