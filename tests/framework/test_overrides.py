"""Actions that a service overrides, decorates or takes away, on both servers."""

import functools
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from declared import Contract, stub_of
from django_socio_grpc.concurrency import is_async
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Tag
from tag_actions import AsyncTags, SyncTags, TagProtoSerializer, WrittenTags

pytestmark = pytest.mark.django_db(transaction=True)

seen: set[str] = set()


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    seen.clear()


class UpperProtoSerializer(ModelProtoSerializer):
    def to_representation(self, instance: Any) -> Any:
        data: Any = super().to_representation(instance)
        return {**data, "label": data["label"].upper()}

    class Meta:
        model = Tag
        fields = ["id", "label"]


@pytest.mark.parametrize("base", [SyncTags, AsyncTags, WrittenTags])
def test_the_call_decides_on_queryset_and_serializer(mode: Mode, base: type[Any]) -> None:
    class Tags(base):  # type: ignore[misc]
        def get_queryset(self) -> Any:
            return super().get_queryset().exclude(label="hidden")

        def get_serializer_class(self) -> Any:
            return UpperProtoSerializer if self.action == "List" else TagProtoSerializer

    hidden = Tag.objects.create(label="hidden")
    Tag.objects.create(label="shown")

    with stub_of(mode, Tags) as stub:
        assert [tag.label for tag in stub.List().results] == ["SHOWN"]
        with pytest.raises(grpc.RpcError) as caught:
            stub.Retrieve(id=hidden.pk)
        assert caught.value.code() is StatusCode.NOT_FOUND


def counted(handler: Callable[..., Any]) -> Callable[..., Any]:
    """A user's decorator, as decorators are written."""

    @functools.wraps(handler)
    async def awrapper(*args: Any, **kwargs: Any) -> Any:
        seen.add("decorator")
        return await handler(*args, **kwargs)

    @functools.wraps(handler)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        seen.add("decorator")
        return handler(*args, **kwargs)

    return awrapper if is_async(handler) else wrapper


@pytest.mark.parametrize("base", [SyncTags, AsyncTags])
def test_a_decorated_action_keeps_its_decorator(mode: Mode, base: type[Any]) -> None:
    class Tags(base):  # type: ignore[misc]
        Retrieve = counted(base.Retrieve)

    tag = Tag.objects.create(label="one")
    with stub_of(mode, Tags) as stub:
        assert [found.label for found in stub.List().results] == ["one"]
        assert not seen
        assert stub.Retrieve(id=tag.pk).label == "one"
    assert seen == {"decorator"}


@pytest.mark.parametrize("decorators", [(counted, grpc_action), (grpc_action, counted)])
def test_the_order_of_decorators_is_free(mode: Mode, decorators: tuple[Any, Any]) -> None:
    text = [{"name": "text", "type": "string"}]

    def decorate(handler: Any) -> Any:
        for decorator in decorators:
            if decorator is grpc_action:
                handler = grpc_action(request=text, response=text)(handler)
            else:
                handler = decorator(handler)
        return handler

    class Echo(Service):
        pb: Any

        @decorate
        async def Say(self, request: Any, context: Any) -> Any:
            return self.pb.EchoSayResponse(text=request.text)

    with stub_of(mode, Echo) as stub:
        assert stub.Say(text="x").text == "x"
    assert seen == {"decorator"}


@pytest.mark.parametrize("base", [SyncTags, AsyncTags])
def test_a_decorator_of_its_own_replaces_the_messages(mode: Mode, base: type[Any]) -> None:
    class Tags(base):  # type: ignore[misc]
        @grpc_action(request="google.protobuf.Struct", response="google.protobuf.Struct")
        def Retrieve(self, request: Any, context: Any) -> Any:
            return request

    class Kept(Tags):
        async def Retrieve(self, request: Any, context: Any) -> Any:
            return super().Retrieve(request, context)

    for service in (Tags, Kept):
        with stub_of(mode, service) as stub:
            reply = stub.Retrieve(fields={"word": {"string_value": "any"}})
            assert reply["word"] == "any"
            assert not hasattr(stub.pb, "TagRetrieveRequest")


def test_a_sync_override_in_an_async_service(mode: Mode) -> None:
    class Tags(AsyncTags):
        def Retrieve(self, request: Any, context: Any) -> Any:
            return self.get_serializer(Tag(id=request.id, label="made here")).message

    with stub_of(mode, Tags) as stub:
        assert stub.Retrieve(id=7).label == "made here"
        assert stub.Create(label="one").label == "one"


def test_an_async_override_in_a_sync_service(mode: Mode) -> None:
    class Tags(SyncTags):
        async def Retrieve(self, request: Any, context: Any) -> Any:
            tag = await Tag.objects.aget(pk=request.id)
            return await (await self.aget_serializer(tag)).amessage

    with stub_of(mode, Tags) as stub:
        assert stub.Retrieve(id=stub.Create(label="one").id).label == "one"


@pytest.mark.parametrize("base", [SyncTags, AsyncTags])
def test_an_action_is_taken_away_by_none(mode: Mode, base: type[Any]) -> None:
    class Tags(base):  # type: ignore[misc]
        Destroy = None

    tag = Tag.objects.create(label="one")
    contract = Contract(Tags)
    assert "Destroy" not in contract.file.services_by_name["TagController"].methods_by_name
    with stub_of(mode, Tags) as stub:
        assert stub.Retrieve(id=tag.pk).label == "one"
        channel: Any = stub._channel
        destroy = channel.unary_unary("/tests.TagController/Destroy")
        with pytest.raises(grpc.RpcError) as caught:
            destroy(b"", timeout=10)
    assert caught.value.code() is StatusCode.UNIMPLEMENTED
    assert Tag.objects.filter(pk=tag.pk).exists()
