"""Django REST framework's paginations, told by metadata or by the request, on both servers."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from declared import Stub, code_of, stub_of
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
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
from django_socio_grpc.testing import Mode
from google.protobuf.struct_pb2 import Struct
from grpc import StatusCode
from library.models import Tag
from rest_framework.pagination import (
    BasePagination,
    CursorPagination,
    LimitOffsetPagination,
    PageNumberPagination,
)

pytestmark = pytest.mark.django_db(transaction=True)
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


@pytest.fixture(autouse=True)
def _tags(db: None) -> None:
    Tag.objects.bulk_create(Tag(label=label) for label in LABELS)


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


def walk(first: Any, ask: Any, link: str) -> list[list[str]]:
    """The labels of each page, from ``first`` on, as ``link`` leads from one to the next."""
    reply, pages = first, [labels(first)]
    while getattr(reply, link):
        reply = ask(getattr(reply, link))
        pages.append(labels(reply))
    return pages


FORWARDS = [["ant", "bee"], ["cat", "dog"], ["eel"]]


@services
@paginations
def test_pages_lead_to_one_another_by_metadata(
    mode: Mode, service: type[Service], pagination: type
) -> None:
    parameter = PARAMETERS[pagination]
    with stub_of(mode, paged(service, pagination)) as stub:

        def ask(token: str) -> Any:
            return in_metadata(stub, **{parameter: token}).List()

        first = stub.List()
        assert first.count == 5
        assert not first.previous
        assert walk(first, ask, "next") == FORWARDS
        last = ask(ask(first.next).next)
        assert walk(last, ask, "previous") == FORWARDS[::-1]


@services
@paginations
@behavior(Behavior.REQUEST_STRUCT_STRICT)
def test_pages_lead_to_one_another_by_a_struct_of_the_request(
    mode: Mode, service: type[Service], pagination: type
) -> None:
    parameter = PARAMETERS[pagination]
    with stub_of(mode, paged(service, pagination)) as stub:

        def ask(token: str) -> Any:
            return stub.List(_pagination=struct(**{parameter: token}))

        assert walk(stub.List(), ask, "next") == FORWARDS
        assert labels(in_metadata(stub, page=2, offset=2).List()) == FORWARDS[0]


@services
@paginations
@behavior(Behavior.METADATA_AND_REQUEST_MESSAGE)
def test_pages_lead_to_one_another_by_a_message_of_the_request(
    mode: Mode, service: type[Service], pagination: type
) -> None:
    parameter = PARAMETERS[pagination]
    with stub_of(mode, paged(service, pagination)) as stub:

        def ask(token: str) -> Any:
            value = token if parameter == "cursor" else int(token)
            return stub.List(_pagination=stub.pb.TagPagination(**{parameter: value}))

        assert walk(stub.List(), ask, "next") == FORWARDS


@services
@behavior(Behavior.METADATA_AND_REQUEST_STRUCT)
def test_the_request_wins_over_the_metadata(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, paged(service, Numbered)) as stub:
        asking = in_metadata(stub, page=2, page_size=1)
        assert labels(asking.List()) == ["bee"]
        assert labels(asking.List(_pagination=struct(page=3))) == ["cat"]
        assert labels(asking.List(_pagination=struct(page_size=3.0))) == ["dog", "eel"]


@services
@behavior(Behavior.REQUEST_STRUCT_STRICT)
def test_numbers_of_a_struct_are_whole(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, paged(service, Numbered)) as stub:
        page = stub.List(_pagination=struct(page=2, page_size=3))
        assert (labels(page), page.count, page.previous) == (["dog", "eel"], 5, "1")
    with stub_of(mode, paged(service, Limited)) as stub:
        page = stub.List(_pagination=struct(offset=1, limit=3))
        assert (labels(page), page.next, page.previous) == (["bee", "cat", "dog"], "4", "0")


@services
def test_page_size_of_the_client(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, paged(service, Numbered)) as stub:
        for asked, expected in [(1, 1), (3, 3), (4711, 3), (0, 2), (-1, 2), ("many", 2)]:
            assert len(in_metadata(stub, page_size=asked).List().results) == expected, asked
    with stub_of(mode, paged(service, Limited)) as stub:
        for asked, expected in [(1, 1), (4711, 3), (0, 2), ("many", 2)]:
            assert len(in_metadata(stub, limit=asked).List().results) == expected, asked
    with stub_of(mode, paged(service, Cursored)) as stub:
        assert len(in_metadata(stub, page_size=4).List().results) == 4


@services
def test_a_page_that_is_not_there(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, paged(service, Numbered)) as stub:
        for page in [0, -1, 4, 4711, "x", "1,2", [1, 2], {}, 1.5, 10**30]:
            call = in_metadata(stub, page=page).List
            assert code_of(call) is StatusCode.NOT_FOUND, page


@services
def test_a_cursor_that_leads_nowhere(mode: Mode, service: type[Service]) -> None:
    """One of the client's making: no Base64, or p=nonumber, a position none of the column's."""
    with stub_of(mode, paged(service, ByNumber)) as stub:
        for cursor in ["äöü", "A", [1], "cD1ub251bWJlcg=="]:
            call = in_metadata(stub, cursor=cursor).List
            assert code_of(call) is StatusCode.NOT_FOUND, cursor


@services
def test_a_limit_that_no_database_can_take(mode: Mode, service: type[Service]) -> None:
    class Unlimited(LimitOffsetPagination):
        default_limit = 2

    with stub_of(mode, paged(service, Unlimited)) as stub:
        call = in_metadata(stub, limit=10**30).List
        assert code_of(call) is StatusCode.INVALID_ARGUMENT


@services
@paginations
def test_a_stream_is_a_page_too(mode: Mode, service: type[Service], pagination: type) -> None:
    with stub_of(mode, paged(service, pagination)) as stub:
        assert [tag.label for tag in stub.Stream()] == ["ant", "bee"]
        more = in_metadata(stub, page=3, offset=4, page_size=2)
        if pagination is not Cursored:
            assert [tag.label for tag in more.Stream()] == ["eel"]


class Numbers(SyncTags):
    @listing("int32")
    def List(self, request: Any, context: Any) -> Any:
        return super().List(request, context)


def test_links_may_be_numbers(mode: Mode) -> None:
    with stub_of(mode, paged(Numbers, Numbered)) as stub:
        second = in_metadata(stub, page=2).List()
    assert (second.next, second.previous) == (3, 1)


class Everything(BasePagination):
    """One of one's own, with no links, and of async code."""

    async def paginate_queryset(  # type: ignore[override]
        self, queryset: Any, request: Any, view: Any = None
    ) -> Any:
        return [tag async for tag in queryset.filter(label__gt="c")]


@services
def test_an_async_pagination_of_ones_own(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, paged(service, Everything)) as stub:
        page = stub.List()
    assert (labels(page), page.count, page.next) == (["cat", "dog", "eel"], 5, "")


class Named(PageNumberPagination):
    page_size = 2
    page_query_param = "seite"


@services
def test_a_page_may_be_asked_for_by_another_name(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, paged(service, Named)) as stub:
        first = stub.List()
        assert labels(in_metadata(stub, seite=first.next).List()) == ["cat", "dog"]


class Counting(SyncTags):
    """Counts the queries of a call, in its own thread."""

    seen: list[list[str]] = []

    def before_action(self) -> None:
        super().before_action()
        self.queries = CaptureQueriesContext(connection).__enter__()

    def after_action(self) -> None:
        self.queries.__exit__(None, None, None)
        self.seen.append([query["sql"] for query in self.queries.captured_queries])


@contextmanager
def counted(mode: Mode, pagination: type) -> Iterator[tuple[Stub, list[list[str]]]]:
    Counting.seen.clear()
    with stub_of(mode, paged(Counting, pagination)) as stub:
        yield stub, Counting.seen


@paginations
def test_objects_are_counted_once(mode: Mode, pagination: type) -> None:
    with counted(mode, pagination) as (stub, seen):
        assert stub.List().count == 5
    assert len(seen[0]) == 2
    assert sum("COUNT" in query for query in seen[0]) == 1


@services
@override_settings(GRPC_FRAMEWORK={"DEFAULT_PAGINATION_CLASS": "test_pagination.Numbered"})
def test_pagination_of_the_settings(mode: Mode, service: type[Service]) -> None:
    with stub_of(mode, service) as stub:
        assert labels(in_metadata(stub, page=2).List()) == ["cat", "dog"]
    with stub_of(mode, type(service.__name__, (service,), {"pagination_class": None})) as stub:
        assert labels(stub.List()) == LABELS
