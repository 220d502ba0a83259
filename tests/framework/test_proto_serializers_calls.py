"""Serializers in handlers of both colours, on both servers, as services use them."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest
from declared import Stub, stub_of
from django_socio_grpc import generics, proto_serializers
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.proto_serializers import ListProtoSerializer
from django_socio_grpc.testing import Mode
from library.models import Tag

pytestmark = pytest.mark.django_db(transaction=True)


class Shouting(ListProtoSerializer):
    """Rows of one list are loud."""

    def to_representation(self, data: Any) -> Any:
        rows = super().to_representation(data)
        return [{**row, "label": row["label"].upper()} for row in rows]


class TagProtoSerializer(proto_serializers.ModelProtoSerializer):
    class Meta:
        model = Tag
        fields = ("id", "label")
        message_list_attr = "tags"

    async def acreate(self, validated_data: Any) -> Any:
        return await Tag.objects.acreate(label=f"{validated_data['label']} by acreate")

    async def aupdate(self, instance: Any, validated_data: Any) -> Any:
        instance.label = f"{validated_data['label']} by aupdate"
        await instance.asave()
        return instance


class LoudProtoSerializer(TagProtoSerializer):
    class Meta(TagProtoSerializer.Meta):
        list_serializer_class = Shouting


class QuietProtoSerializer(TagProtoSerializer):
    """Trims what comes in, and marks what goes out."""

    def message_to_data(self, message: Any) -> Any:
        data = super().message_to_data(message)
        return {**data, "label": data["label"].strip()}

    def data_to_message(self, data: Any) -> Any:
        return super().data_to_message({**data, "label": f"<{data['label']}>"})


class TagService(generics.GenericService):
    queryset = Tag.objects.order_by("id")
    serializer_class = TagProtoSerializer

    @grpc_action(request=TagProtoSerializer, response=TagProtoSerializer)
    async def Add(self, request: Any, context: Any) -> Any:
        serializer = TagProtoSerializer(message=request)
        await serializer.ais_valid(raise_exception=True)
        await serializer.asave()
        assert (await serializer.adata)["label"].endswith("acreate")
        return await serializer.amessage

    @grpc_action(request=TagProtoSerializer, response=TagProtoSerializer)
    async def Change(self, request: Any, context: Any) -> Any:
        tag = await Tag.objects.aget(id=request.id)
        serializer = await self.aget_serializer(tag, message=request)
        if not await serializer.ais_valid():
            raise AssertionError(serializer.errors)
        await serializer.asave()
        return await serializer.amessage

    @grpc_action(request=TagProtoSerializer, response=TagProtoSerializer)
    def AddInThread(self, request: Any, context: Any) -> Any:
        serializer = self.get_serializer(message=request)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        assert serializer.data["label"] == serializer.message.label
        return serializer.message

    @grpc_action(
        request=TagProtoSerializer,
        use_request_list=True,
        response=TagProtoSerializer,
        use_response_list=True,
    )
    async def AddMany(self, request: Any, context: Any) -> Any:
        serializer = await self.aget_serializer(message=request, many=True)
        await serializer.ais_valid(raise_exception=True)
        await serializer.asave()
        return await serializer.amessage

    @grpc_action(response=LoudProtoSerializer, use_response_list=True)
    def Loud(self, request: Any, context: Any) -> Any:
        return LoudProtoSerializer(self.get_queryset(), many=True).message

    @grpc_action(request=QuietProtoSerializer, response=QuietProtoSerializer)
    async def Quiet(self, request: Any, context: Any) -> Any:
        serializer = QuietProtoSerializer(message=request)
        await serializer.ais_valid(raise_exception=True)
        return await serializer.amessage

    @grpc_action(response=TagProtoSerializer, response_stream=True)
    async def Each(self, request: Any, context: Any) -> AsyncIterator[Any]:
        for message in await (
            await self.aget_serializer(self.get_queryset(), many=True, stream=True)
        ).amessage:
            yield message

    @grpc_action(response=TagProtoSerializer, response_stream=True)
    def EachInThread(self, request: Any, context: Any) -> Iterator[Any]:
        yield from self.get_serializer(self.get_queryset(), many=True, stream=True).message


@pytest.fixture
def stub(mode: Mode) -> Iterator[Stub]:
    with stub_of(mode, TagService) as found:
        yield found


def test_async_code_saves_by_hooks_of_its_own(stub: Stub) -> None:
    added = stub.Add(label="old")
    assert added.label == "old by acreate"
    assert stub.Change(id=added.id, label="new").label == "new by aupdate"
    assert list(Tag.objects.values_list("label", flat=True)) == ["new by aupdate"]


def test_sync_code_saves(stub: Stub) -> None:
    assert stub.AddInThread(label="old").label == "old"


def test_what_is_not_valid_is_an_invalid_argument(stub: Stub) -> None:
    Tag.objects.create(label="old")
    for rpc in ("Add", "AddInThread"):
        with pytest.raises(grpc.RpcError) as caught:
            getattr(stub, rpc)(label="old")
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert '"label"' in str(caught.value.details())


def test_many_rows_in_one_message(stub: Stub) -> None:
    reply = stub.AddMany(tags=[{"label": "a"}, {"label": "b"}])
    assert [tag.label for tag in reply.tags] == ["a", "b"]
    assert all(tag.id for tag in reply.tags)
    assert [tag.label for tag in stub.Loud().tags] == ["A", "B"]


def test_many_rows_as_messages_of_a_stream(stub: Stub) -> None:
    Tag.objects.create(label="a")
    Tag.objects.create(label="b")
    for rpc in ("Each", "EachInThread"):
        assert [tag.label for tag in getattr(stub, rpc)()] == ["a", "b"]


def test_conversions_of_ones_own(stub: Stub) -> None:
    assert stub.Quiet(label="  old ").label == "<old>"
