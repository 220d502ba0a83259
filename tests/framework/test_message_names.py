"""Message-name constructors: for one action, for all, and what the default one gives."""

from typing import Any

import pytest
from contracts import TagProtoSerializer, contract, lines, named, rpc, service
from django.test import override_settings
from django_socio_grpc.actions import FieldDict, PartialUpdate
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.protobuf.message_name_constructor import (
    DefaultMessageNameConstructor,
    MessageNameConstructor,
)
from django_socio_grpc.schema.model import EMPTY
from rest_framework import serializers

DAYS: list[FieldDict] = [{"name": "days", "type": "int32"}]
FINE: list[FieldDict] = [{"name": "fine", "type": "int32"}]


class Versioned(DefaultMessageNameConstructor):
    """Names end with the version of the contract, before Request or Response."""

    def construct_request_name(self, before_suffix: str = "") -> str:
        return super().construct_request_name(f"{before_suffix}V2")

    def construct_response_name(self, before_suffix: str = "") -> str:
        return super().construct_response_name(f"{before_suffix}V2")


class Short(DefaultMessageNameConstructor):
    @classmethod
    def get_base_name_from_serializer(cls, serializer: Any) -> str:
        return f"{super().get_base_name_from_serializer(serializer)}Dto"


PATH = f"{__name__}.Versioned"


class Shelf(serializers.Serializer):
    tags = TagProtoSerializer(many=True)


@pytest.mark.parametrize("given", [Versioned, PATH])
def test_of_one_action(given: Any) -> None:
    cls = service(
        Lend={"request": DAYS, "message_name_constructor_class": given},
        Extend={"request": DAYS},
    )
    assert set(named(contract(cls))) == {"BookLendV2Request", "BookExtendRequest"}


@pytest.mark.parametrize("given", [Versioned, PATH])
def test_of_all_actions(given: Any) -> None:
    cls = service(Lend={"request": DAYS, "response": TagProtoSerializer})
    with override_settings(GRPC_FRAMEWORK={"DEFAULT_MESSAGE_NAME_CONSTRUCTOR": given}):
        assert set(named(contract(cls))) == {"BookLendV2Request", "TagV2Response"}


def test_nested_serializers_have_its_names_too() -> None:
    cls = service(One={"response": Shelf, "message_name_constructor_class": Short})
    assert lines(named(contract(cls))["ShelfDtoResponse"]) == ["repeated TagDtoResponse tags"]


def test_it_knows_what_the_action_declares() -> None:
    seen: dict[str, Any] = {}

    class Asks(DefaultMessageNameConstructor):
        def construct_request_name(self, before_suffix: str = "") -> str:
            seen.update(vars(self), service_name=self.service_name)
            return super().construct_request_name(before_suffix)

    contract(
        service(
            Lend={
                "request": DAYS,
                "response": TagProtoSerializer,
                "response_name": "Loan",
                "message_name_constructor_class": Asks,
            }
        )
    )
    assert type(seen.pop("service")).__name__ == "BookService"
    assert seen == {
        "action_name": "Lend",
        "action_request": DAYS,
        "request_name": None,
        "action_response": TagProtoSerializer,
        "response_name": "Loan",
        "service_name": "Book",
    }


# The default one


def default(source: Any, asked: str | None = None) -> MessageNameConstructor:
    return DefaultMessageNameConstructor(
        action_name="Lend",
        service=service()(),
        action_request=source,
        request_name=asked,
        action_response=source,
        response_name=asked,
    )


NAMES: list[tuple[Any, str | None, str, str]] = [
    (DAYS, None, "BookLendRequest", "BookLendListRequest"),
    (None, None, "BookLendRequest", "BookLendListRequest"),
    (TagProtoSerializer, None, "TagRequest", "TagListRequest"),
    (PartialUpdate(serializer=Shelf), None, "ShelfPartialUpdateRequest", ""),
    ("Loan", None, "Loan", "LoanList"),
    ("LoanRequest", None, "LoanRequest", "LoanListRequest"),
    (TagProtoSerializer, "LoanRequest", "LoanRequest", "LoanListRequest"),
    (TagProtoSerializer, "LoanListRequest", "LoanListRequest", "LoanListRequest"),
    ("google.protobuf.Struct", None, "google.protobuf.Struct", "BookLendListRequest"),
]


@pytest.mark.parametrize(("source", "asked", "name", "listed"), NAMES)
def test_names_of_a_request(source: Any, asked: str | None, name: str, listed: str) -> None:
    constructor = default(source, asked)
    assert constructor.construct_request_name() == name
    assert not listed or constructor.construct_request_list_name() == listed


def test_names_of_a_response() -> None:
    constructor = default(TagProtoSerializer)
    assert constructor.construct_response_name() == "TagResponse"
    assert constructor.construct_response_list_name() == "TagListResponse"


def test_a_word_goes_before_the_suffix() -> None:
    assert default(DAYS).construct_request_name("V2") == "BookLendV2Request"
    assert default("google.protobuf.Struct").construct_response_name("V2") == "BookLendV2Response"
    assert default(DAYS, "Loan").construct_request_name("V2") == "LoanV2"


@override_settings(GRPC_FRAMEWORK={"SEPARATE_READ_WRITE_MODEL": False})
def test_one_message_for_both_sides_has_no_suffix() -> None:
    constructor = default(TagProtoSerializer)
    assert constructor.construct_request_name() == "Tag"
    assert constructor.construct_response_list_name() == "TagList"


@override_settings(GRPC_FRAMEWORK={"SEPARATE_READ_WRITE_MODEL": False})
@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({"request": DAYS}, ("BookLend", EMPTY)),
        ({"response": DAYS}, (EMPTY, "BookLend")),
        ({"request": DAYS, "response": DAYS}, ("BookLend", "BookLend")),
        ({"request": DAYS, "response": TagProtoSerializer}, ("BookLend", "Tag")),
        ({"request": DAYS, "response": FINE}, ("BookLendRequest", "BookLendResponse")),
        (
            {"request": DAYS, "response": FINE, "response_name": "Lent"},
            ("BookLend", "Lent"),
        ),
        ({"request": DAYS, "use_request_list": True}, ("BookLendList", EMPTY)),
    ],
)
def test_fields_declared_in_place_have_a_suffix_where_the_sides_differ(
    declared: dict[str, Any], expected: tuple[str, str]
) -> None:
    """Known defect of other implementations: one of the two messages is lost."""
    found = rpc(contract(service(Lend=declared)))
    assert (found.request, found.response) == expected


def test_a_serializer_in_a_field_has_the_name_of_its_class() -> None:
    cls = service(Lend={"request": [{"name": "tag", "type": TagProtoSerializer}]})
    assert lines(named(contract(cls))["BookLendRequest"]) == ["TagProtoSerializer tag"]


def test_a_list_of_a_serializer_that_holds_itself() -> None:
    class Node(serializers.Serializer):
        def get_fields(self) -> Any:
            return {"nodes": Node(many=True, required=False)}

    found = contract(service(All={"response": Node, "use_response_list": True}))
    assert rpc(found).response == "NodeListResponse"
    assert lines(named(found)["NodeListResponse"]) == ["repeated NodeResponse results"]
    assert lines(named(found)["NodeResponse"]) == ["repeated NodeResponse nodes"]


# What is refused


def refusal(given: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        contract(service(Lend={"request": DAYS, "message_name_constructor_class": given}))
    return str(caught.value)


@pytest.mark.parametrize("given", [42, dict, Versioned.construct_request_name])
def test_what_is_no_constructor(given: Any) -> None:
    text = refusal(given)
    assert "BookService.Lend: message_name_constructor_class is" in text
    assert "Give a subclass of MessageNameConstructor" in text


def test_a_constructor_that_is_not_complete() -> None:
    class Half(MessageNameConstructor):
        def construct_request_name(self, before_suffix: str = "") -> str:
            return "Half"

    text = refusal(Half)
    assert "BookService.Lend: Half raised TypeError" in text
    assert "construct_response_name" in text


def test_a_constructor_that_fails() -> None:
    class Fails(DefaultMessageNameConstructor):
        def construct_response_name(self, before_suffix: str = "") -> str:
            raise LookupError("no name")

    assert "BookService.Lend: Fails raised LookupError: no name" in refusal(Fails)


def test_a_name_that_proto_does_not_take() -> None:
    class Spaces(DefaultMessageNameConstructor):
        def construct_request_name(self, before_suffix: str = "") -> str:
            return "Lend Request"

    assert "'Lend Request' cannot be the name of a message" in refusal(Spaces)


def test_names_that_collide() -> None:
    class Same(DefaultMessageNameConstructor):
        def construct_request_name(self, before_suffix: str = "") -> str:
            return "Message"

    cls = service(
        Lend={"request": DAYS, "message_name_constructor_class": Same},
        Find={"request": TagProtoSerializer, "message_name_constructor_class": Same},
    )
    with pytest.raises(ConfigurationError, match="both have a message Message"):
        contract(cls)


@override_settings(GRPC_FRAMEWORK={"DEFAULT_MESSAGE_NAME_CONSTRUCTOR": "no.such.Constructor"})
def test_a_setting_that_does_not_import() -> None:
    with pytest.raises(ConfigurationError, match=r"'no\.such\.Constructor', which does not"):
        contract(service(Lend={"request": DAYS}))
