"""Lists of messages: their names, their fields, and what an element is called."""

import pytest
from contracts import (
    TagProtoSerializer,
    contract,
    lines,
    named,
    rpc,
    service,
)
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.schema.model import (
    STRUCT,
)


def test_list_of_a_serializer() -> None:
    found = contract(service(All={"response": TagProtoSerializer, "use_response_list": True}))
    assert rpc(found).response == "TagListResponse"
    assert lines(named(found)["TagListResponse"]) == ["repeated TagResponse results"]
    assert named(found)["TagListResponse"].many
    assert named(found)["TagListResponse"].serializer is TagProtoSerializer
    assert not named(found)["TagResponse"].many


def test_list_of_a_paginated_service_has_a_count() -> None:
    cls = service(All={"response": TagProtoSerializer, "use_response_list": True})
    cls.pagination_class = object  # type: ignore[attr-defined]
    assert lines(named(contract(cls))["TagListResponse"]) == [
        "repeated TagResponse results",
        "int32 count",
    ]


def test_a_list_in_a_request_of_a_paginated_service_has_a_count_too() -> None:
    cls = service(Add={"request": TagProtoSerializer, "use_request_list": True})
    cls.pagination_class = object  # type: ignore[attr-defined]
    assert lines(named(contract(cls))["TagListRequest"]) == [
        "repeated TagRequest results",
        "int32 count",
    ]


def test_list_attribute_is_the_serializers() -> None:
    class Shelf(TagProtoSerializer):
        class Meta(TagProtoSerializer.Meta):
            message_list_attr = "tags"

    found = contract(service(All={"response": Shelf, "use_response_list": True}))
    assert lines(named(found)["ShelfListResponse"]) == ["repeated ShelfResponse tags"]


def test_list_of_declared_fields() -> None:
    found = contract(
        service(
            Find={"response": [{"name": "title", "type": "string"}], "use_response_list": True}
        )
    )
    assert rpc(found).response == "BookFindListResponse"
    assert lines(named(found)["BookFindListResponse"]) == ["repeated BookFindResponse results"]
    assert lines(named(found)["BookFindResponse"]) == ["string title"]


def test_list_in_the_name_is_not_doubled() -> None:
    found = contract(
        service(
            FindList={"response": [{"name": "title", "type": "string"}], "use_response_list": True}
        )
    )
    assert rpc(found).response == "BookFindListResponse"
    assert lines(named(found)["BookFindListResponse"]) == ["repeated BookFindResponse results"]


@pytest.mark.parametrize(
    ("name", "item", "listed"),
    [
        ("LoanListResponse", "TagResponse", "LoanListResponse"),
        ("LoanResponse", "LoanResponse", "LoanListResponse"),
        ("Loan", "Loan", "LoanList"),
    ],
)
def test_explicit_name_of_a_list_or_of_its_element(name: str, item: str, listed: str) -> None:
    found = contract(
        service(
            All={"response": TagProtoSerializer, "response_name": name, "use_response_list": True}
        )
    )
    assert rpc(found).response == listed
    assert lines(named(found)[listed]) == [f"repeated {item} results"]


def test_serializer_that_is_called_a_list_can_be_listed() -> None:
    class ReadingListSerializer(TagProtoSerializer):
        pass

    found = contract(service(All={"response": ReadingListSerializer, "use_response_list": True}))
    assert lines(named(found)["ReadingListListResponse"]) == [
        "repeated ReadingListResponse results"
    ]


def test_request_can_be_a_list() -> None:
    found = contract(service(Add={"request": TagProtoSerializer, "use_request_list": True}))
    assert lines(named(found)["TagListRequest"]) == ["repeated TagRequest results"]


def test_list_of_a_named_message() -> None:
    found = contract(
        service(
            All={"response": "TagResponse", "use_response_list": True},
            One={"response": TagProtoSerializer},
        )
    )
    assert lines(named(found)["TagListResponse"]) == ["repeated TagResponse results"]


def test_list_of_structs_is_named_after_the_action() -> None:
    found = contract(service(Raw={"response": STRUCT, "use_response_list": True}))
    assert lines(named(found)["BookRawListResponse"]) == [f"repeated {STRUCT} results"]


def test_list_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"BookService\.All: .* list of nothing"):
        contract(service(All={"use_response_list": True}))
