"""Services -> contract: packages, services, rpcs, streams, comments."""

from typing import Any

import pytest
from contracts import (
    AuthorSerializer,
    BookProtoSerializer,
    BookService,
    TagProtoSerializer,
    contract,
    lines,
    named,
    rpc,
    service,
)
from django_socio_grpc import generics
from django_socio_grpc.actions import PartialUpdate
from django_socio_grpc.contract.introspect import app_spec, service_spec
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.schema.model import (
    EMPTY,
)
from django_socio_grpc.services import Service
from library.models import Author


def test_package_is_the_apps_label() -> None:
    assert contract(BookService).package == "library"


def test_service_is_called_controller_and_has_its_docstring() -> None:
    (found,) = contract(BookService).services
    assert found.name == "BookController"
    assert found.comment == "Books: to lend, not to sell."


def test_docstring_of_a_base_class_is_not_the_services() -> None:
    assert contract(service()).services[0].comment == ""


def test_partial_update_adds_the_names_of_the_fields() -> None:
    found = contract(
        service(PartialUpdate={"request": PartialUpdate(serializer=AuthorSerializer)})
    )
    assert rpc(found).request == "AuthorPartialUpdateRequest"
    assert lines(named(found)["AuthorPartialUpdateRequest"]) == [
        "optional int64 id",
        "string name",
        "repeated string _partial_update_fields",
    ]


@pytest.mark.parametrize("request_stream", [False, True])
@pytest.mark.parametrize("response_stream", [False, True])
def test_streams(request_stream: bool, response_stream: bool) -> None:
    found = rpc(
        contract(
            service(Chat={"request_stream": request_stream, "response_stream": response_stream})
        )
    )
    assert (found.request_stream, found.response_stream) == (request_stream, response_stream)


def test_docstring_of_the_method_is_the_comment() -> None:
    class Service(BookService):
        @grpc_action()
        def Ping(self, request: Any, context: Any) -> None:
            """Answer,

            as soon as possible.
            """

    assert rpc(contract(Service)).comment == "Answer,\n\nas soon as possible."


def test_comment_of_a_message_is_the_serializers_own_or_its_docstring() -> None:
    found = named(
        contract(service(Lend={"request": BookProtoSerializer, "response": AuthorSerializer}))
    )
    assert found["BookRequest"].comment == "A book of the library."
    assert found["AuthorResponse"].comment == "A person who writes."
    assert found["TagRequest"].comment == ""


def test_untouched_model_service_has_six_actions() -> None:
    cls = type(
        "AuthorService",
        (generics.ModelService,),
        {
            "queryset": Author.objects.all(),
            "serializer_class": AuthorSerializer,
        },
    )
    found = contract(cls)
    assert {r.name: (r.request, r.response) for r in found.services[0].rpcs} == {
        "Create": ("AuthorRequest", "AuthorResponse"),
        "Retrieve": ("AuthorRetrieveRequest", "AuthorResponse"),
        "Update": ("AuthorRequest", "AuthorResponse"),
        "PartialUpdate": ("AuthorPartialUpdateRequest", "AuthorResponse"),
        "Destroy": ("AuthorDestroyRequest", EMPTY),
        "List": ("AuthorListRequest", "AuthorListResponse"),
    }
    assert lines(named(found)["AuthorRetrieveRequest"]) == ["int64 id"]


def test_sync_and_async_model_service_have_one_contract() -> None:
    body = {"queryset": Author.objects.all(), "serializer_class": AuthorSerializer}
    sync, aio = (
        contract(type("AuthorService", (base,), body))
        for base in (generics.ModelService, generics.AsyncModelService)
    )
    assert sync == aio


def test_service_spec_is_that_of_one_instance() -> None:
    found, messages = service_spec(service(One={"response": TagProtoSerializer})())
    assert found.name == "BookController"
    assert [message.name for message in messages] == ["TagResponse"]


def test_a_plain_service_keeps_the_whole_name_of_its_class() -> None:
    """As the public package has it: clients in use call ``/shop.PingServiceController/Ping``."""

    class PingService(Service):
        @grpc_action(response=[{"name": "text", "type": "string"}])
        def Ping(self, request: Any, context: Any) -> Any: ...

    spec = app_spec("shop", [PingService])
    assert spec.services[0].name == "PingServiceController"
    assert [message.name for message in spec.messages] == ["PingServicePingResponse"]
