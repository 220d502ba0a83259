"""``.message`` is the same message each time, as ``.data`` is the same dict, until ``save()``."""

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from authors import AuthorSerializer, jane, pb
from declared import stub_of
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from library.models import Author, Tag
from rest_framework.pagination import PageNumberPagination
from tag_actions import AsyncTags, SyncTags


class OnePerPage(PageNumberPagination):
    page_size = 1


class SyncPages(SyncTags):
    pagination_class = OnePerPage

    def List(self, request: Any, context: Any) -> Any:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        serializer = self.get_serializer(page, many=True)
        if hasattr(serializer.message, "count"):
            serializer.message.count = self.paginator.page.paginator.count
        return serializer.message


class AsyncPages(AsyncTags):
    pagination_class = OnePerPage

    async def List(self, request: Any, context: Any) -> Any:
        queryset = await self.afilter_queryset(self.get_queryset())
        page = await sync_to_async(self.paginate_queryset)(queryset)
        serializer = await self.aget_serializer(page, many=True)
        (await serializer.amessage).count = self.paginator.page.paginator.count
        return await serializer.amessage


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("service", [SyncPages, AsyncPages])
def test_a_handler_may_fill_in_the_count_of_a_list(mode: Mode, service: type[Service]) -> None:
    Tag.objects.bulk_create([Tag(label=label) for label in ("one", "two", "three")])
    with stub_of(mode, service) as stub:
        reply = stub.List()
    assert ([tag.label for tag in reply.results], reply.count) == (["one"], 3)


@pytest.mark.parametrize("many", [{}, {"many": True}, {"many": True, "stream": True}])
def test_a_message_is_made_once(many: Any) -> None:
    serializer = AuthorSerializer([jane()] if many else jane(), **many)
    assert serializer.message is serializer.message


def test_the_message_of_another_instance_is_another() -> None:
    serializer = AuthorSerializer(jane())
    assert serializer.message.id == jane().id
    serializer.instance = jane(id=7)
    assert serializer.message.id == 7


def test_what_is_saved_is_in_the_message(db: None) -> None:
    author = Author.objects.create(name="Jane")
    serializer = AuthorSerializer(author, message=pb.Author(name="Anne"))
    assert serializer.is_valid()
    assert serializer.message.name == "Jane"
    serializer.save()
    assert serializer.message.name == "Anne"


class ByHand(AuthorSerializer):
    """It updates for async code in its own way."""

    async def aupdate(self, instance: Any, validated_data: Any) -> Any:
        instance.name = validated_data["name"].upper()
        return instance


def test_what_async_code_saves_is_in_the_message() -> None:
    async def save() -> tuple[str, str]:
        serializer = ByHand(jane(), message=pb.Author(name="Anne"))
        assert await serializer.ais_valid()
        before = await serializer.amessage
        await serializer.asave()
        return before.name, (await serializer.amessage).name

    assert asyncio.run(save()) == ("Jane", "ANNE")
