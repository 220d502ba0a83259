"""Placeholders: what they stand for, in each argument of an action."""

from collections.abc import Iterator
from typing import Any

import pytest
from contracts import contract, lines, named, rpc
from declared import stub_of
from django_socio_grpc import generics
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.grpc_actions.placeholders import (
    AttrPlaceholder,
    FnPlaceholder,
    LookupField,
    Placeholder,
    SelfSerializer,
    StrTemplatePlaceholder,
)
from django_socio_grpc.protobuf.generation_plugin import ListGenerationPlugin
from django_socio_grpc.protobuf.message_name_constructor import DefaultMessageNameConstructor
from django_socio_grpc.testing import Mode
from library.models import Book, Tag
from tag_actions import TagProtoSerializer


class Shouting(DefaultMessageNameConstructor):
    @classmethod
    def get_base_name_from_serializer(cls, serializer: type[Any]) -> str:
        return super().get_base_name_from_serializer(serializer).upper()


class Search:
    """For any service: what it searches by, and what it finds, are attributes of the service."""

    kind: str
    pb: Any

    @grpc_action(
        request=AttrPlaceholder("search_by"),
        request_name=StrTemplatePlaceholder("{}{}Query", "kind", lambda service: service.action),
        request_stream=FnPlaceholder(lambda service: service.kind == "Chat"),
        response=SelfSerializer(),
        response_stream=AttrPlaceholder("streams"),
        message_name_constructor_class=AttrPlaceholder("names"),
        use_generation_plugins=FnPlaceholder(lambda service: service.plugins),
        override_default_generation_plugins=AttrPlaceholder("streams"),
        atomic=AttrPlaceholder("streams"),
    )
    def Find(self: Any, request: Any, context: Any) -> Iterator[Any]:
        rows = self.get_queryset().filter(label=request.label)
        yield self.pb.TAGListResponse(results=[{"label": row.label} for row in rows])


class TagSearch(Search, generics.GenericService):
    service_name = "Tag"
    queryset = Tag.objects.order_by("id")
    serializer_class = TagProtoSerializer
    search_by = [{"name": "label", "type": "string"}]
    kind = "Tag"
    streams = True
    names = Shouting
    plugins = [ListGenerationPlugin(response=True)]


class TagAnswer(TagSearch):
    search_by = [{"name": "id", "type": "int64"}]
    kind = "Chat"
    streams = False
    plugins = [ListGenerationPlugin(request=True)]

    async def Find(  # type: ignore[override]
        self, request: Any, context: Any
    ) -> Any:
        ids = [str(item.id) async for message in request for item in message.results]
        return self.pb.TAGResponse(label=" ".join(ids))


def test_every_argument_may_be_one() -> None:
    found = contract(TagSearch)
    assert (rpc(found).request, rpc(found).response) == ("TagFindQuery", "TAGListResponse")
    assert (rpc(found).request_stream, rpc(found).response_stream) == (False, True)
    assert lines(named(found)["TagFindQuery"]) == ["string label"]


def test_each_service_has_values_of_its_own() -> None:
    found = contract(TagAnswer)
    assert (rpc(found).request, rpc(found).response) == ("ChatFindQueryList", "TAGResponse")
    assert (rpc(found).request_stream, rpc(found).response_stream) == (True, False)
    assert lines(named(found)["ChatFindQuery"]) == ["int64 id"]


@pytest.mark.django_db(transaction=True)
def test_what_they_stand_for_is_served(mode: Mode) -> None:
    Tag.objects.create(label="one")
    with stub_of(mode, TagSearch) as stub:
        (reply,) = stub.Find(label="one")
    assert [tag.label for tag in reply.results] == ["one"]
    with stub_of(mode, TagAnswer) as stub:
        queries = [stub.pb.ChatFindQueryList(results=[{"id": 1}, {"id": 2}])]
        assert stub.Find(iter(queries)).label == "1 2"


@pytest.mark.parametrize("field", [LookupField, LookupField()])
@pytest.mark.parametrize(
    ("lookup", "line"),
    [
        ({}, "int64 id"),
        ({"lookup_field": "isbn"}, "string isbn"),
        ({"lookup_field": "isbn", "lookup_request_field": "code"}, "string code"),
    ],
)
def test_the_field_that_an_object_is_found_by(field: Any, lookup: Any, line: str) -> None:
    action = grpc_action(request=field)(lambda self, request, context: None)
    service = type(
        "BookService",
        (generics.GenericService,),
        {"queryset": Book.objects.all(), "Lend": action, **lookup},
    )
    assert lines(named(contract(service))["BookLendRequest"]) == [line]


class Plural(Placeholder):
    """One of a project's own."""

    def resolve(self, service: Any) -> str:
        return f"{service.get_service_name()}s"


def test_one_of_ones_own_may_lead_to_another() -> None:
    class TagService(generics.GenericService):
        indirect = Plural()

        @grpc_action(request_name=AttrPlaceholder("indirect"))
        def Ping(self, request: Any, context: Any) -> None: ...

    assert rpc(contract(TagService)).request == "Tags"


def test_an_attribute_that_the_service_lacks() -> None:
    class TagService(generics.GenericService):
        @grpc_action(request=AttrPlaceholder("nowhere"))
        def Ping(self, request: Any, context: Any) -> None: ...

    with pytest.raises(ConfigurationError, match=r"TagService\.Ping: its request .*'nowhere'"):
        contract(TagService)
