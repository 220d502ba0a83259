"""A paginated list, in either colour, by each of Django REST framework's paginations."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from declared import Stub
from django.test import override_settings
from django_socio_grpc import generics, mixins
from django_socio_grpc.concurrency import offload
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.protobuf.generation_plugin import (
    BaseGenerationPlugin,
    ListGenerationPlugin,
    PaginationGenerationPlugin,
)
from django_socio_grpc.protobuf.proto_classes import ProtoField
from django_socio_grpc.services import Service
from django_socio_grpc.settings import FilterAndPaginationBehaviorOptions
from google.protobuf.struct_pb2 import Struct
from library.models import Tag
from rest_framework.pagination import (
    CursorPagination,
    LimitOffsetPagination,
    PageNumberPagination,
)

Behavior = FilterAndPaginationBehaviorOptions
F = TypeVar("F", bound=Callable[..., Any])
LABELS = ["ant", "bee", "cat", "dog", "eel"]


class TagProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Tag
        fields = ["id", "label"]


class WithLinks(BaseGenerationPlugin):
    """A list says how to get the page after it, and the one before it; by cursor it does so."""

    def __init__(self, kind: str = "string") -> None:
        self.kind = kind

    def check_condition(self, service: Any, *_: Any) -> bool:
        return not hasattr(service.pagination_class, "cursor_query_param")

    def transform_response_message(self, service: Any, proto_message: Any, *_: Any) -> Any:
        proto_message.fields += [
            ProtoField("next", self.kind),
            ProtoField("previous", self.kind),
        ]
        return proto_message


class Tags(generics.GenericService):
    service_name = "Tag"
    queryset = Tag.objects.order_by("id")
    serializer_class = TagProtoSerializer
    pb: Any


def listing(kind: str) -> Callable[[F], F]:
    plugins = [ListGenerationPlugin(response=True), WithLinks(kind), PaginationGenerationPlugin()]
    return grpc_action(
        request=[],
        request_name="TagListRequest",
        response=TagProtoSerializer,
        use_generation_plugins=plugins,
    )


class SyncTags(mixins.StreamModelMixin, mixins.ListModelMixin, Tags):
    @listing("string")
    def List(self, request: Any, context: Any) -> Any:
        return super().List(request, context)


class AsyncTags(mixins.AsyncStreamModelMixin, SyncTags):
    """Its List is planned as the sync one."""

    List = offload(SyncTags.List)


class WrittenTags(mixins.AsyncStreamModelMixin, mixins.AsyncListModelMixin, Tags):
    @listing("string")
    async def List(self, request: Any, context: Any) -> Any:
        return await super().List(request, context)


services = pytest.mark.parametrize("service", [AsyncTags, WrittenTags])


class Numbered(PageNumberPagination):
    page_size = 2
    page_size_query_param = "page_size"
    max_page_size = 3


class Limited(LimitOffsetPagination):
    default_limit = 2
    max_limit = 3


class Cursored(CursorPagination):
    page_size = 2
    ordering = "label"
    page_size_query_param = "page_size"


class ByNumber(CursorPagination):
    page_size = 2
    ordering = "id"


PARAMETERS: dict[type, str] = {Numbered: "page", Limited: "offset", Cursored: "cursor"}
paginations = pytest.mark.parametrize("pagination", PARAMETERS)


def paged(service: type[Service], pagination: type, **more: Any) -> type[Service]:
    return type(service.__name__, (service,), {"pagination_class": pagination, **more})


def behavior(pagination: Behavior) -> override_settings:
    return override_settings(GRPC_FRAMEWORK={"PAGINATION_BEHAVIOR": pagination})


def in_metadata(stub: Stub, **pagination: Any) -> Stub:
    return stub.options(metadata=[("pagination", json.dumps(pagination))], timeout=10)


def struct(**values: Any) -> Struct:
    found = Struct()
    found.update(values)
    return found


def labels(reply: Any) -> list[str]:
    return [tag.label for tag in reply.results]
