"""Enums of an existing contract: their places, numbers and options stay."""

from typing import Annotated, Any

import pytest
from django.db import models
from django_socio_grpc.contract import descriptors, options
from django_socio_grpc.contract.introspect import app_spec
from django_socio_grpc.contract.numbers import assign
from django_socio_grpc.contract.protoc import parse
from django_socio_grpc.contract.render import render
from django_socio_grpc.exceptions import ProtobufGenerationException
from enum_contracts import contract, service
from enums import Level, OrderSerializer, Size
from rest_framework import serializers

OLD = """
syntax = "proto3"; package library; import "google/protobuf/empty.proto";
service ShopController { rpc Ask(google.protobuf.Empty) returns (OrderResponse) {} }
message OrderResponse {%s
    %s size = 4; optional %s level = 5; repeated %s sizes = 9; repeated %s levels = 10;
}
%s
"""
SIZE = "enum %s { NOTHING = 0; SMALL = 2; LARGE = 5; reserved 1; }"
LEVEL = "enum %s { LEVEL_UNSPECIFIED = 0; LOW = 2; HIGH = 3; ZERO = 9; }"


def old(size: str, level: str, inside: str = "", outside: str = "") -> str:
    return OLD % (inside, size, level, size, level, outside)


PLACES = {
    "bare": old("Size", "Level", outside=SIZE % "Size" + LEVEL % "Level"),
    "wrapped": old(
        "Size.Enum",
        "Level.Enum",
        outside=f"message Size {{ {SIZE % 'Enum'} }} message Level {{ {LEVEL % 'Enum'} }}",
    ),
    "in the message": old("Size", "Level", inside=LEVEL % "Level" + SIZE % "Size"),
    "wrapped in the message": old(
        "Size.Enum",
        "Level.Enum",
        inside=f"message Level {{ {LEVEL % 'Enum'} }} message Size {{ {SIZE % 'Enum'} }}",
    ),
    "values": old("string", "int32"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_contract_keeps_its_enums_where_they_are(place: str) -> None:
    before = parse(PLACES[place])
    after = parse(contract(service(response=OrderSerializer), PLACES[place]))
    assert _without_names(after) == _without_names(before)


def _without_names(file: Any) -> Any:
    """The messages and enums of ``file``, without what depends on the order in the text."""
    return sorted(map(str, file.message_type)), sorted(map(str, file.enum_type))


def test_a_message_that_has_the_name_of_an_enum_is_none() -> None:
    before = old("Size", "Level", outside="message Size {} " + LEVEL % "Level")
    with pytest.raises(
        ProtobufGenerationException, match=r"size becomes Size\.Enum instead of Size"
    ):
        contract(service(response=OrderSerializer), before)


def test_a_new_field_takes_the_enum_that_there_is() -> None:
    class More(OrderSerializer):
        spare: Annotated[serializers.ChoiceField, Level] = serializers.ChoiceField(
            choices=Level.choices
        )

    text = contract(service(response=More, response_name="OrderResponse"), PLACES["bare"])
    assert "    Level spare = 11;\n" in text
    assert "message Level" not in text


def test_a_value_that_is_gone_stays_reserved_and_a_new_one_gets_a_new_number() -> None:
    now = models.TextChoices("Size", "SMALL HUGE")
    text = contract(
        service(request=[{"name": "it", "type": now}]),
        contract(service(request=[{"name": "it", "type": Size}])),
    )
    assert '        reserved 2;\n        reserved "LARGE";\n' in text
    assert "        SMALL = 1;\n        HUGE = 3;\n" in text


def test_options_of_an_enum_are_kept_but_not_one_that_it_may_not_have_any_more() -> None:
    before = parse(
        PLACES["wrapped"].replace(
            "SMALL = 2;",
            "option deprecated = true; option allow_alias = true; SMALL = 2; LITTLE = 2;",
        )
    )
    spec = assign(app_spec("library", [service(response=OrderSerializer)]), before)
    text = render(options.carried(spec, descriptors.read(before)))
    assert "        option deprecated = true;\n" in text
    assert "allow_alias" not in text
    assert 'reserved "LITTLE";' in text
    parse(text)
