"""Filter backends and pagination, told by the metadata of a call, on both servers."""

import json
from typing import Any, ClassVar

import grpc
import pytest
from declared import Contract, Stub, stub_of
from django.db.models import QuerySet
from django.test import override_settings
from django_socio_grpc import generics, mixins
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from grpc import StatusCode
from library.models import Tag
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.pagination import (
    CursorPagination,
    LimitOffsetPagination,
    PageNumberPagination,
)

pytestmark = pytest.mark.django_db(transaction=True)


class TagProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Tag
        fields = ["id", "label"]


class ByFirstLetter:
    def filter_queryset(self, context: Any, queryset: QuerySet[Any], service: Any) -> Any:
        letter = context.query_params.get("letter")
        return queryset.filter(label__startswith=letter) if letter else queryset


class ByTagOfTheCaller:
    """An async backend, which asks the database itself."""

    async def filter_queryset(self, context: Any, queryset: QuerySet[Any], service: Any) -> Any:
        letter = context.query_params.get("letter")
        ids = [tag.pk async for tag in Tag.objects.filter(label__startswith=letter or "")]
        return queryset.filter(pk__in=ids)


class PageOfTwo(PageNumberPagination):
    page_size = 2
    page_size_query_param = "size"
    max_page_size = 3


class Limited(LimitOffsetPagination):
    default_limit = 2


class Cursored(CursorPagination):
    page_size = 2
    ordering = "label"


class Tags(generics.GenericService):
    service_name = "Tag"
    queryset = Tag.objects.order_by("id")
    serializer_class = TagProtoSerializer
    search_fields: ClassVar[list[str]] = ["label"]
    ordering_fields: ClassVar[list[str]] = ["label"]


class SyncTags(mixins.StreamModelMixin, generics.ReadOnlyModelService, Tags):
    pass


class AsyncTags(mixins.AsyncStreamModelMixin, generics.AsyncReadOnlyModelService, Tags):
    pass


class WrittenTags(AsyncTags):
    async def List(self, request: Any, context: Any) -> Any:
        return await super().List(request, context)


services = pytest.mark.parametrize("service", [SyncTags, AsyncTags, WrittenTags])


@pytest.fixture(autouse=True)
def _tags(db: None) -> None:
    Tag.objects.bulk_create(Tag(label=label) for label in ("ant", "bee", "ape", "bat", "cat"))


def having(service: type[Service], **attributes: Any) -> type[Service]:
    return type(service.__name__, (service,), attributes)


def asking(stub: Stub, **metadata: Any) -> Stub:
    pairs = [(name, json.dumps(value)) for name, value in metadata.items()]
    return stub.options(metadata=pairs, timeout=10)


def labels(replies: Any) -> list[str]:
    return [reply.label for reply in replies]


@services
@pytest.mark.parametrize("backend", [ByFirstLetter, ByTagOfTheCaller])
def test_a_backend_narrows_every_action(mode: Mode, service: type[Service], backend: type) -> None:
    bee = Tag.objects.get(label="bee")
    with stub_of(mode, having(service, filter_backends=[backend])) as stub:
        assert len(stub.List().results) == 5
        only_a = asking(stub, filters={"letter": "a"})
        assert labels(only_a.List().results) == ["ant", "ape"]
        assert labels(only_a.Stream()) == ["ant", "ape"]
        assert stub.Retrieve(id=bee.pk).label == "bee"
        with pytest.raises(grpc.RpcError) as caught:
            only_a.Retrieve(id=bee.pk)
    assert caught.value.code() is StatusCode.NOT_FOUND


@services
def test_backends_of_django_rest_framework(mode: Mode, service: type[Service]) -> None:
    backends = [SearchFilter, OrderingFilter]
    with stub_of(mode, having(service, filter_backends=backends)) as stub:
        asked = asking(stub, filters={"search": "a", "ordering": "-label"})
        assert labels(asked.List().results) == ["cat", "bat", "ape", "ant"]


@services
def test_pages_by_number(mode: Mode, service: type[Service]) -> None:
    service = having(service, pagination_class=PageOfTwo, filter_backends=[ByFirstLetter])
    with stub_of(mode, service) as stub:
        pages = [asking(stub, pagination={"page": page}).List() for page in (1, 2, 3)]
        assert [labels(page.results) for page in pages] == [
            ["ant", "bee"],
            ["ape", "bat"],
            ["cat"],
        ]
        assert [page.count for page in pages] == [5, 5, 5]
        assert len(asking(stub, pagination={"size": 3}).List().results) == 3
        both = asking(stub, pagination={"size": 1}, filters={"letter": "b"}).List()
        assert (labels(both.results), both.count) == (["bee"], 2)
        with pytest.raises(grpc.RpcError) as caught:
            asking(stub, pagination={"page": 9}).List()
    assert caught.value.code() is StatusCode.NOT_FOUND


@services
def test_pages_by_limit_and_offset(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, having(service, pagination_class=Limited)) as stub:
        assert labels(stub.List().results) == ["ant", "bee"]
        page = asking(stub, pagination={"limit": 3, "offset": 3}).List()
    assert (labels(page.results), page.count) == (["bat", "cat"], 5)


@services
def test_without_pagination_there_is_no_count(mode: Mode, service: type[Service]) -> None:
    fields = Contract(service).pb.TagListResponse.DESCRIPTOR.fields_by_name
    assert "count" not in fields
    fields = Contract(having(service, pagination_class=PageOfTwo)).pb.TagListResponse.DESCRIPTOR
    assert "count" in fields.fields_by_name
    with stub_of(mode, service) as stub:
        assert len(stub.List().results) == 5


@services
@pytest.mark.parametrize("text", ["{", "[1]", '"page"', "null", "1"])
def test_metadata_that_is_no_json_object_is_refused(
    mode: Mode, service: type[Service], text: str
) -> None:
    with stub_of(mode, having(service, pagination_class=PageOfTwo)) as stub:
        for name in ("filters", "pagination"):
            with pytest.raises(grpc.RpcError) as caught:
                stub.options(metadata=[(name, text)]).List()
            assert caught.value.code() is StatusCode.INVALID_ARGUMENT
            assert f"The metadata '{name}' is not a JSON object." in str(caught.value.details())


@services
def test_backends_and_pagination_of_the_settings(mode: Mode, service: type[Service]) -> None:
    framework = {
        "DEFAULT_FILTER_BACKENDS": ["test_filters.ByFirstLetter"],
        "DEFAULT_PAGINATION_CLASS": "test_filters.PageOfTwo",
        "MAP_METADATA_KEYS": {"filters": "x-filters"},
    }
    with override_settings(GRPC_FRAMEWORK=framework), stub_of(mode, service) as stub:
        asked = asking(stub, **{"x-filters": {"letter": "b"}, "pagination": {"page": 1}})
        assert labels(asked.List().results) == ["bee", "bat"]
        assert labels(asking(stub, filters={"letter": "b"}).List().results) == ["ant", "bee"]


@services
def test_cursor_pagination(mode: Mode, service: type[Tags]) -> None:
    paged = type(service.__name__, (service,), {"pagination_class": Cursored})
    with stub_of(mode, paged) as stub:
        first = stub.List()
        assert [tag.label for tag in first.results] == ["ant", "ape"]
        assert first.count == 5
