"""The ready-made services and mixins: which actions each has, and what they answer."""

import json
from typing import Any

import pytest
from declared import Contract, stub_of
from django_socio_grpc import generics, mixins
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from google.protobuf.empty_pb2 import Empty
from library.models import Tag
from rest_framework.pagination import PageNumberPagination
from tag_actions import TagProtoSerializer

ACTIONS = {
    "Create": {"Create"},
    "List": {"List"},
    "Stream": {"Stream"},
    "Retrieve": {"Retrieve"},
    "Destroy": {"Destroy"},
    "Update": {"Update"},
    "ListCreate": {"List", "Create"},
    "ReadOnlyModel": {"List", "Retrieve"},
    "Model": {"Create", "Retrieve", "Update", "PartialUpdate", "Destroy", "List"},
}
MIXINS = ["Create", "List", "Stream", "Retrieve", "Update", "PartialUpdate", "Destroy"]
HOOKS = {
    "Create": "perform_create",
    "Update": "perform_update",
    "PartialUpdate": "perform_partial_update",
    "Destroy": "perform_destroy",
}
colours = pytest.mark.parametrize("colour", ["", "Async"], ids=["sync", "async"])


def of_tags(*bases: type) -> type[Service]:
    own = {"queryset": Tag.objects.order_by("id"), "serializer_class": TagProtoSerializer}
    return type("TagService", bases, own)


@colours
@pytest.mark.parametrize("name", ACTIONS)
def test_the_actions_of_a_ready_made_service(colour: str, name: str) -> None:
    service = of_tags(getattr(generics, f"{colour}{name}Service"))
    (found,) = Contract(service).file.services_by_name.values()
    assert set(found.methods_by_name) == ACTIONS[name]


@pytest.mark.parametrize("name", MIXINS)
def test_an_async_mixin_is_a_sync_one_too(name: str) -> None:
    """So an override by ``super()`` finds the hooks of both, and the messages are the same."""
    sync, twin = (getattr(mixins, f"{colour}{name}ModelMixin") for colour in ("", "Async"))
    assert issubclass(twin, sync)
    assert getattr(twin, name).grpc_action is getattr(sync, name).grpc_action
    if name in HOOKS:
        assert callable(getattr(sync, HOOKS[name]))
        assert callable(getattr(twin, f"a{HOOKS[name]}"))


class Mixed(
    mixins.AsyncListModelMixin,
    mixins.CreateModelMixin,
    mixins.AsyncStreamModelMixin,
    mixins.DestroyModelMixin,
    generics.GenericService,
):
    """Mixins of both colours in one service."""


class MixedByHand(Mixed):
    def List(self, request: Any, context: Any) -> Any:
        return mixins.ListModelMixin.List(self, request, context)

    async def Destroy(self, request: Any, context: Any) -> Any:  # type: ignore[override]
        instance = await self.aget_object()
        await instance.adelete()
        return Empty()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("base", [Mixed, MixedByHand])
def test_mixins_of_both_colours_in_one_service(mode: Mode, base: type) -> None:
    with stub_of(mode, of_tags(base)) as stub:
        one = stub.Create(label="one")
        assert [tag.label for tag in stub.List().results] == ["one"]
        assert [tag.label for tag in stub.Stream()] == ["one"]
        gone = stub.Destroy(id=one.id)
        assert gone.DESCRIPTOR.full_name == "google.protobuf.Empty"
        assert not stub.List().results


class TwoPerPage(PageNumberPagination):
    page_size = 2


@pytest.mark.django_db(transaction=True)
@colours
def test_a_list_has_a_count_where_it_has_pages(mode: Mode, colour: str) -> None:
    Tag.objects.bulk_create([Tag(label=label) for label in "abc"])
    plain = of_tags(getattr(generics, f"{colour}ListService"))
    paged = type("TagService", (plain,), {"pagination_class": TwoPerPage})
    with stub_of(mode, plain) as stub:
        reply = stub.List()
        assert len(reply.results) == 3
        assert "count" not in reply.DESCRIPTOR.fields_by_name
    with stub_of(mode, paged) as stub:
        page = [("pagination", json.dumps({"page": 2}))]
        reply = stub.options(metadata=page).List()
        assert ([tag.label for tag in reply.results], reply.count) == (["c"], 3)
