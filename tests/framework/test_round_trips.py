"""Values that come back as they were sent, through serializers and sockets, on both servers."""

from collections.abc import Iterator
from typing import Annotated, Any

import grpc
import pytest
from declared import Stub, code_of, stub_of
from django_socio_grpc import generics, proto_serializers
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.testing import Mode
from enums import Level
from google.protobuf.json_format import MessageToDict, ParseDict
from library.models import Author, Book, Tag
from rest_framework import serializers


class ParcelProtoSerializer(proto_serializers.ProtoSerializer):
    scan = proto_serializers.BinaryField(max_length=300, required=False)
    extra = serializers.JSONField(required=False, allow_null=True)
    level: Annotated[serializers.ChoiceField, Level] = serializers.ChoiceField(
        choices=Level.choices, required=False
    )
    kinds = serializers.MultipleChoiceField(choices=["soft", "wet"], required=False)
    grid = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()), required=False
    )


class ParcelService(generics.GenericService):
    serializer_class = ParcelProtoSerializer
    seen: Any = None

    @grpc_action(request=ParcelProtoSerializer, response=ParcelProtoSerializer)
    def Echo(self, request: Any, context: Any) -> Any:
        serializer = self.get_serializer(message=request)
        serializer.is_valid(raise_exception=True)
        ParcelService.seen = serializer.validated_data
        return self.get_serializer(serializer.validated_data).message

    @grpc_action(request=ParcelProtoSerializer, response=ParcelProtoSerializer)
    async def AsyncEcho(self, request: Any, context: Any) -> Any:
        serializer = await self.aget_serializer(message=request)
        await serializer.ais_valid(raise_exception=True)
        ParcelService.seen = serializer.validated_data
        return await (await self.aget_serializer(serializer.validated_data)).amessage


@pytest.fixture
def stub(mode: Mode) -> Iterator[Stub]:
    with stub_of(mode, ParcelService) as found:
        yield found


def sent_back(stub: Stub, rpc: str, **values: Any) -> Any:
    """What the handler understood of ``values``; they must come back as they are."""
    request = stub.pb.ParcelRequest(**values)
    reply = stub.method(rpc)(request)
    assert MessageToDict(reply) == MessageToDict(request)
    (name,) = values
    return ParcelService.seen[name]


RPCS = pytest.mark.parametrize("rpc", ["Echo", "AsyncEcho"])


@RPCS
def test_bytes(stub: Stub, rpc: str) -> None:
    every_byte = bytes(range(256))
    assert sent_back(stub, rpc, scan=every_byte) == every_byte


def test_bytes_have_a_limit(stub: Stub) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        stub.Echo(scan=b"x" * 301)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "no more than 300 bytes" in str(caught.value.details())


@RPCS
@pytest.mark.parametrize(
    "value", [{"a": [1, {"b": None}]}, [1, "two", [3.5]], "text", 7, 0.5, True, False, [], {}, ""]
)
def test_any_json(stub: Stub, rpc: str, value: Any) -> None:
    wire = ParseDict(value, stub.pb.ParcelRequest().extra)
    seen = sent_back(stub, rpc, extra=wire)
    assert seen == value
    assert type(seen) is type(value)


@RPCS
@pytest.mark.parametrize(("key", "value"), [("ZERO", 0), ("LOW", -5), ("HIGH", 7)])
def test_a_choice_of_numbers(stub: Stub, rpc: str, key: str, value: int) -> None:
    assert sent_back(stub, rpc, level=key) == value


@RPCS
def test_several_choices(stub: Stub, rpc: str) -> None:
    assert list(sent_back(stub, rpc, kinds=["wet"])) == ["wet"]


@RPCS
def test_lists_of_lists(stub: Stub, rpc: str) -> None:
    rows = [[1, 2], [], [3]]
    grid = [{"values": [{"number_value": number} for number in row]} for row in rows]
    assert sent_back(stub, rpc, grid=grid) == rows


class BookProtoSerializer(proto_serializers.ModelProtoSerializer):
    class Meta:
        model = Book
        fields = ("id", "title", "author", "cover", "extra")


class BookService(generics.ModelService):
    queryset = Book.objects.all()
    serializer_class = BookProtoSerializer


class AsyncBookService(generics.AsyncModelService):
    queryset = Book.objects.all()
    serializer_class = BookProtoSerializer


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("service", [BookService, AsyncBookService])
def test_columns_of_bytes_and_of_json(mode: Mode, service: Any) -> None:
    author = Author.objects.create(name="Jane")
    with stub_of(mode, service) as stub:
        extra = {"list_value": {"values": [{"number_value": 1}, {"null_value": 0}]}}
        created = stub.Create(title="Emma", author=author.pk, cover=b"\x00\xff", extra=extra)
        book = Book.objects.get(pk=created.id)
        assert (bytes(book.cover), book.extra) == (b"\x00\xff", [1, None])
        assert stub.Retrieve(id=created.id) == created
        assert (created.cover, list(created.extra.list_value)) == (b"\x00\xff", [1, None])


class TagProtoSerializer(proto_serializers.ModelProtoSerializer):
    class Meta:
        model = Tag
        fields = ("id", "label")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("base", [generics.ModelService, generics.AsyncModelService])
def test_a_key_in_create_does_not_make_it_an_update(mode: Mode, base: Any) -> None:
    body = {"queryset": Tag.objects.all(), "serializer_class": TagProtoSerializer}
    there = Tag.objects.create(id=100_000, label="old")
    with stub_of(mode, type("TagService", (base,), body)) as stub:
        created = stub.Create(id=there.pk, label="new")
        assert created.id != there.pk
        # Nor is the row that has the key left out where values must be unique.
        assert code_of(lambda: stub.Create(id=there.pk, label="old")) is (
            grpc.StatusCode.INVALID_ARGUMENT
        )
    there.refresh_from_db()
    assert there.label == "old"
