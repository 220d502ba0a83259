"""Fields of which one at most is set: in contracts, in messages and in rows."""

from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from compiled import compile_to_descriptors
from declared import stub_of
from django_socio_grpc import generics
from django_socio_grpc.codec import decoder, encoder
from django_socio_grpc.contract.introspect import app_spec
from django_socio_grpc.contract.numbers import assign
from django_socio_grpc.contract.protoc import parse
from django_socio_grpc.contract.render import render
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ProtobufGenerationException, ProtoRegistrationError
from django_socio_grpc.proto_serializers import BinaryField, ProtoSerializer
from django_socio_grpc.testing import Mode
from google.protobuf.message_factory import GetMessageClass
from rest_framework import serializers


class Inner(ProtoSerializer):
    note = serializers.CharField(required=False, allow_blank=True)


class Post(ProtoSerializer):
    title = serializers.CharField()
    text = serializers.CharField(required=False, allow_blank=True)
    image = BinaryField(required=False, allow_null=True)
    inner = Inner(required=False, allow_null=True)
    code = serializers.IntegerField(read_only=True)

    class Meta:
        oneofs: ClassVar[dict[str, list[str]]] = {"payload": ["text", "image", "inner", "code"]}

    def update(self, row: Any, values: Any) -> Any:
        vars(row).update(values)
        return row


class PostService(generics.GenericService):
    """Keeps one post, whose image is set."""

    @grpc_action(request=Post, response=Post)
    def Put(self, request: Any, context: Any) -> Any:
        return self._change(request, partial=False)

    @grpc_action(
        request=[
            {"name": "text", "type": "string", "oneof": "payload"},
            {"name": "image", "type": "bytes", "oneof": "payload"},
            {"name": "_partial_update_fields", "type": "string", "cardinality": "repeated"},
        ],
        response=Post,
    )
    def Patch(self, request: Any, context: Any) -> Any:
        return self._change(request, partial=True)

    def _change(self, request: Any, *, partial: bool) -> Any:
        row = SimpleNamespace(title="T", text="", image=b"old", inner=None, code=None)
        context = {"service": self}
        serializer = Post(row, message=request, partial=partial, context=context)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        self.rows.append(row)
        return serializer.message

    rows: list[Any] = []


def contract(cls: Any = PostService, old: str = "") -> str:
    text = render(assign(app_spec("library", [cls]), parse(old) if old else None))
    parse(text)
    return text


def service(request: Any) -> type:
    ask = grpc_action(request=request)(lambda self, request, context: None)
    return type("PostService", (generics.GenericService,), {"Ask": ask})


# Contracts


def test_a_oneof_is_in_the_contract_of_each_side() -> None:
    text = contract()
    assert (
        "    string title = 1;\n"
        "    oneof payload {\n"
        "        string text = 2;\n"
        "        bytes image = 3;\n"
        "        InnerResponse inner = 4;\n"
        "        int32 code = 5;\n"
        "    }\n"
    ) in text
    assert "        InnerRequest inner = 4;\n    }\n" in text
    assert (
        "    oneof payload {\n        string text = 1;\n        bytes image = 2;\n    }\n" in text
    )


def test_a_oneof_keeps_its_numbers_and_a_new_field_of_it_goes_with_the_others() -> None:
    declared: list[Any] = [
        {"name": "a", "type": "string", "oneof": "kind"},
        {"name": "other", "type": "string"},
    ]
    old = contract(service(declared))
    new = contract(service([*declared, {"name": "b", "type": "int32", "oneof": "kind"}]), old)
    assert (
        "    oneof kind {\n        string a = 1;\n        int32 b = 3;\n    }\n"
        "    string other = 2;\n"
    ) in new


OLD = """
syntax = "proto3"; package library; import "google/protobuf/empty.proto";
service PostController { rpc Ask(PostAskRequest) returns (google.protobuf.Empty) {} }
message PostAskRequest { oneof kind { string a = 4; int32 b = 2; } string c = 9; }
"""
PLAIN: list[Any] = [
    {"name": "a", "type": "string", "cardinality": "optional"},
    {"name": "b", "type": "int32"},
    {"name": "c", "type": "string"},
]


def test_a_contract_keeps_the_oneofs_that_it_has() -> None:
    text = contract(service(PLAIN), OLD)
    assert parse(text).message_type[0].oneof_decl[0].name == "kind"
    assert "    oneof kind {\n        int32 b = 2;\n        string a = 4;\n    }\n" in text


def test_a_field_that_is_there_does_not_move_into_a_oneof() -> None:
    moved = [*PLAIN[:2], {"name": "c", "type": "string", "oneof": "kind"}]
    with pytest.raises(ProtobufGenerationException, match="c moves into the oneof kind"):
        contract(service(moved), OLD)


@pytest.mark.parametrize(
    ("oneofs", "text"),
    [
        ({"payload": ["text", "nothing"]}, "'nothing' in 'payload'"),
        ({"payload": ["text"], "other": ["text"]}, "'text' in 'other'"),
        ({"payload": "text"}, "'t' in 'payload'"),
        ({"title": ["text"]}, "'title', which is the name of a field"),
        ({"payload": ["title"]}, "'title' is in 'payload'.*allow_null=True"),
    ],
)
def test_a_oneof_that_cannot_be_is_refused(oneofs: Any, text: str) -> None:
    class Wrong(Post):
        class Meta:
            pass

    setattr(Wrong.Meta, "oneofs", oneofs)  # noqa: B010
    with pytest.raises(ProtoRegistrationError, match=text):
        contract(service(Wrong))


def test_a_field_of_a_oneof_has_no_cardinality() -> None:
    declared = {"name": "a", "type": "string", "oneof": "kind", "cardinality": "optional"}
    with pytest.raises(ProtoRegistrationError, match=r"in the oneof kind.* Leave the cardinality"):
        contract(service([declared]))


# Messages to data


@pytest.fixture(autouse=True)
def _forget() -> None:
    PostService.rows.clear()


def test_the_field_that_is_set_clears_the_others(mode: Mode) -> None:
    with stub_of(mode, PostService) as stub:
        reply = stub.Put(title="T", text="new")
    (row,) = PostService.rows
    assert (row.text, row.image, row.inner) == ("new", None, None)
    assert reply.WhichOneof("payload") == "text"


def test_an_empty_message_is_set(mode: Mode) -> None:
    with stub_of(mode, PostService) as stub:
        reply = stub.Put(title="T", inner={})
    assert PostService.rows[0].inner == {}
    assert reply.WhichOneof("payload") == "inner"


def test_a_partial_update_of_one_clears_the_others(mode: Mode) -> None:
    with stub_of(mode, PostService) as stub:
        reply = stub.Patch(text="new", _partial_update_fields=["text"])
    assert (PostService.rows[0].text, PostService.rows[0].image) == ("new", None)
    assert reply.text == "new"


def test_a_partial_update_of_another_field_leaves_a_oneof_alone(mode: Mode) -> None:
    with stub_of(mode, PostService) as stub:
        reply = stub.Patch(text="new", _partial_update_fields=["title"])
    assert (PostService.rows[0].text, PostService.rows[0].image) == ("", b"old")
    assert reply.image == b"old"


def test_a_new_object_without_any_of_them_has_what_its_fields_say() -> None:
    assert decoder(Post(), _class("PostRequest"), updating=False)(
        _class("PostRequest")(title="T")
    ) == {"title": "T", "image": None, "inner": None}


# Rows to messages


def _class(name: str) -> Any:
    return GetMessageClass(compile_to_descriptors(contract()).message_types_by_name[name])


@pytest.mark.parametrize(
    ("row", "chosen"),
    [
        ({"text": "t"}, "text"),
        ({"image": b"i", "text": ""}, "image"),
        ({"image": b"", "text": None}, "image"),
        ({"inner": {}, "text": "", "image": None}, "inner"),
        ({"code": 3, "text": ""}, "code"),
        ({"text": "t", "image": b"i"}, "text"),
        ({"text": "", "image": b""}, None),
        ({}, None),
    ],
)
def test_a_row_sets_the_first_that_has_a_value(row: dict[str, Any], chosen: str | None) -> None:
    target = _class("PostResponse")
    full = {"title": "T", "text": None, "image": None, "inner": None, "code": None, **row}
    codec, serializer = encoder(Post, target), Post()
    message: Any = codec.encode(serializer, SimpleNamespace(**full))
    assert message.WhichOneof("payload") == chosen
    assert codec.from_data(full) == message
