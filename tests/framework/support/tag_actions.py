"""The model actions on tags: ready-made ones in both colours, and some written by hand."""

from typing import Any

from django_socio_grpc import generics
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from google.protobuf.empty_pb2 import Empty
from library.models import Tag


class TagProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Tag
        fields = ["id", "label"]


class SyncTags(generics.ModelService):
    service_name = "Tag"
    queryset = Tag.objects.order_by("id")
    serializer_class = TagProtoSerializer
    pb: Any


class AsyncTags(generics.AsyncModelService):
    service_name = "Tag"
    queryset = Tag.objects.order_by("id")
    serializer_class = TagProtoSerializer
    pb: Any


class WrittenTags(AsyncTags):
    """Actions written by hand, step by step."""

    async def Create(self, request: Any, context: Any) -> Any:
        serializer = await self.aget_serializer(message=request)
        await serializer.ais_valid(raise_exception=True)
        await self.aperform_create(serializer)
        return await serializer.amessage

    async def Retrieve(self, request: Any, context: Any) -> Any:
        serializer = await self.aget_serializer(await self.aget_object())
        return await serializer.amessage

    async def List(self, request: Any, context: Any) -> Any:
        queryset = await self.afilter_queryset(self.get_queryset())
        return await (await self.aget_serializer(queryset, many=True)).amessage

    async def Update(self, request: Any, context: Any) -> Any:
        serializer = await self.aget_serializer(await self.aget_object(), message=request)
        await serializer.ais_valid(raise_exception=True)
        await self.aperform_update(serializer)
        return await serializer.amessage

    async def PartialUpdate(self, request: Any, context: Any) -> Any:
        instance = await self.aget_object()
        serializer = await self.aget_serializer(instance, message=request, partial=True)
        await serializer.ais_valid(raise_exception=True)
        await self.aperform_partial_update(serializer)
        return await serializer.amessage

    async def Destroy(self, request: Any, context: Any) -> Any:  # type: ignore[override]
        instance = await self.aget_object()
        await self.acheck_object_permissions(instance)
        await self.aperform_destroy(instance)
        return Empty()
