"""Annotated fields -> enums of the contract: their values, and where they are."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from django.db import models
from django.test import override_settings
from django_socio_grpc import generics
from django_socio_grpc.contract import descriptors, options
from django_socio_grpc.contract.introspect import app_spec
from django_socio_grpc.contract.numbers import assign
from django_socio_grpc.contract.protoc import parse
from django_socio_grpc.contract.render import render
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ProtobufGenerationException, ProtoRegistrationError
from django_socio_grpc.proto_serializers import ProtoSerializer
from django_socio_grpc.protobuf.generation_plugin import (
    GlobalScopeEnumGenerationPlugin,
    GlobalScopeWrappedEnumGenerationPlugin,
    InMessageEnumGenerationPlugin,
    InMessageWrappedEnumGenerationPlugin,
)
from enums import Colour, Level, OrderSerializer, ParcelSerializer, Size, Weather
from rest_framework import serializers

if TYPE_CHECKING:
    from enums import Level as Unimported


def service(request: Any = None, response: Any = None, **arguments: Any) -> type:
    action = grpc_action(request=request, response=response, **arguments)
    ask = action(lambda self, request, context: None)
    return type("ShopService", (generics.GenericService,), {"Ask": ask})


def contract(cls: type, old: str = "") -> str:
    text = render(assign(app_spec("library", [cls]), parse(old) if old else None))
    parse(text)
    return text


def block(text: str, head: str) -> str:
    """The lines of a block of ``text`` at its top, from its head to its end."""
    start = text.index(f"\n{head} {{\n") + 1
    return text[start : text.index("\n}\n", start) + 3]


# Where they come from


def test_the_annotation_of_a_serializers_field_names_its_enum() -> None:
    text = contract(service(response=OrderSerializer))
    assert block(text, "message OrderResponse") == (
        "message OrderResponse {\n"
        "    Size.Enum size = 1;\n"
        "    optional Level.Enum level = 2;\n"
        "    repeated Size.Enum sizes = 3;\n"
        "    repeated Level.Enum levels = 4;\n"
        "}\n"
    )
    assert block(text, "message Level") == (
        "message Level {\n"
        "    enum Enum {\n"
        "        ENUM_UNSPECIFIED = 0;\n"
        "        ZERO = 1;\n"
        "        LOW = 2;\n"
        "        HIGH = 3;\n"
        "    }\n"
        "}\n"
    )


def test_docstring_and_annotations_of_an_enum_are_its_comments() -> None:
    text = contract(service(response=OrderSerializer))
    assert "// How large it is.\nmessage Size {\n" in text
    assert "        // Fits a pocket.\n        SMALL = 1;\n" in text
    assert "        // Fits a shelf,\n        // or a table.\n        LARGE = 2;\n" in text


def test_the_annotation_of_a_models_field_names_its_enum_in_an_abstract_parent_too() -> None:
    text = contract(service(response=ParcelSerializer))
    assert "    Size.Enum size = 1;\n    optional Level.Enum level = 2;\n" in text


@pytest.mark.parametrize("cls", [Size, Level, Colour, Weather])
@pytest.mark.parametrize("label", ["", "repeated"])
def test_an_enum_class_is_a_type_of_a_declared_field(cls: type[enum.Enum], label: str) -> None:
    text = contract(service(request=[{"name": "it", "type": cls, "cardinality": label}]))
    assert f"    {label} {cls.__name__}.Enum it = 1;\n".replace("   ", "  ", not label) in text
    assert f"        {next(iter(cls)).name} = 1;\n" in text


def test_a_list_of_an_enum_class_is_a_repeated_field() -> None:
    text = contract(service(request=[{"name": "it", "type": list[Colour]}]))
    assert "    repeated Colour.Enum it = 1;\n" in text


class Quoted(ProtoSerializer):
    class Inner(models.TextChoices):
        A = "a"

    inner: Annotated[serializers.ChoiceField, Inner] = serializers.ChoiceField(
        choices=Inner.choices
    )


def test_annotations_that_are_strings_see_what_their_class_sees() -> None:
    assert isinstance(Quoted.__annotations__["inner"], str)
    assert "    Inner.Enum inner = 1;\n" in contract(service(response=Quoted))


def test_a_choice_without_an_annotation_is_text() -> None:
    class Plain(ProtoSerializer):
        size = serializers.ChoiceField(choices=["SMALL", "LARGE"])

    assert "    string size = 1;\n" in contract(service(response=Plain))


def test_choices_that_look_like_keys_are_an_enum_if_the_plugin_says_so() -> None:
    class Plain(ProtoSerializer):
        shoe_size = serializers.ChoiceField(choices=["SMALL", "LARGE"])
        other = serializers.ChoiceField(choices=["Small", "LARGE"])

    plugin = InMessageWrappedEnumGenerationPlugin(non_annotated_generation=True)
    text = contract(service(response=Plain, use_generation_plugins=[plugin]))
    assert "    PlainResponse.PlainShoeSizeEnum.Enum shoe_size = 1;\n" in text
    assert "    string other = 2;\n" in text
    assert "            SMALL = 1;\n            LARGE = 2;\n" in text


def test_fields_of_one_name_have_enums_of_their_own() -> None:
    class ShirtProtoSerializer(ProtoSerializer):
        size = serializers.ChoiceField(choices=["SMALL", "LARGE"])

    class OutfitProtoSerializer(ProtoSerializer):
        size = serializers.ChoiceField(choices=["ONE", "TWO"])
        shirt = ShirtProtoSerializer()

    plugin = GlobalScopeWrappedEnumGenerationPlugin(non_annotated_generation=True)
    text = contract(service(response=OutfitProtoSerializer, use_generation_plugins=[plugin]))
    assert "    OutfitProtoSizeEnum.Enum size = 1;\n" in text
    assert "    ShirtProtoSizeEnum.Enum size = 1;\n" in text


def test_an_annotation_that_is_no_enum_says_nothing_of_a_field_without_choices() -> None:
    class Noted(ProtoSerializer):
        name: Annotated[serializers.CharField, "how they call it"] = serializers.CharField()

    assert "    string name = 1;\n" in contract(service(response=Noted))


# Where they go


@pytest.mark.parametrize(
    ("plugin", "line", "head", "zero"),
    [
        (GlobalScopeWrappedEnumGenerationPlugin, "Level.Enum", "message Level", "ENUM"),
        (GlobalScopeEnumGenerationPlugin, "Level", "enum Level", "LEVEL"),
        (
            InMessageWrappedEnumGenerationPlugin,
            "ShopAskRequest.Level.Enum",
            "message ShopAskRequest",
            "ENUM",
        ),
        (InMessageEnumGenerationPlugin, "ShopAskRequest.Level", "message ShopAskRequest", "LEVEL"),
    ],
)
def test_a_plugin_decides_where_enums_are(plugin: Any, line: str, head: str, zero: str) -> None:
    cls = service(request=[{"name": "it", "type": Level}], use_generation_plugins=[plugin])
    text = contract(cls)
    assert f"    {line} it = 1;\n" in text
    assert f"{zero}_UNSPECIFIED = 0;\n" in block(text, head)


def test_a_plugin_places_the_enums_of_nested_messages_in_those() -> None:
    class Basket(ProtoSerializer):
        orders = OrderSerializer(many=True)
        by_name = serializers.DictField(child=OrderSerializer())

    cls = service(response=Basket, use_generation_plugins=[InMessageEnumGenerationPlugin()])
    assert "    OrderResponse.Size size = 1;\n" in contract(cls)


def test_without_a_plugin_a_choice_is_its_value() -> None:
    cls = service(response=OrderSerializer, override_default_generation_plugins=True)
    assert "    string size = 1;\n    optional int32 level = 2;\n" in contract(cls)


@override_settings(
    GRPC_FRAMEWORK={"DEFAULT_GENERATION_PLUGINS": [InMessageEnumGenerationPlugin()]}
)
def test_the_default_plugins_are_a_setting() -> None:
    text = contract(service(response=OrderSerializer))
    assert "    OrderResponse.Size size = 1;\n" in text


def test_a_message_with_the_name_of_an_enum_holds_it() -> None:
    class LevelSerializer(ProtoSerializer):
        name = serializers.CharField()
        level: Annotated[serializers.ChoiceField, Level] = serializers.ChoiceField(
            choices=Level.choices
        )

    text = contract(service(response=LevelSerializer, response_name="Level"))
    assert block(text, "message Level").endswith(
        "    }\n    string name = 1;\n    Level.Enum level = 2;\n}\n"
    )


# What is refused


def refused(cls: type) -> str:
    with pytest.raises(ProtoRegistrationError) as caught:
        contract(cls)
    return str(caught.value)


@pytest.mark.parametrize("annotation", [Weather, Size.choices, "Size"])
def test_an_annotation_with_something_else_is_refused_with_the_way_to_write_it(
    annotation: Any,
) -> None:
    body = {"size": serializers.ChoiceField(choices=["s"])}
    notes = {"size": Annotated[serializers.ChoiceField, annotation]}
    cls = type("Wrong", (ProtoSerializer,), {**body, "__annotations__": notes})
    text = refused(service(response=cls))
    assert "Wrong.size is annotated with" in text
    assert "Annotated[serializers.ChoiceField, MyChoices]" in text


def test_choices_that_the_enum_has_not_are_refused() -> None:
    class Wrong(ProtoSerializer):
        size: Annotated[serializers.ChoiceField, Size] = serializers.ChoiceField(
            choices=["s", "m"]
        )

    assert "Wrong.size has the choices 'm', which Size" in refused(service(response=Wrong))


def test_an_annotation_that_does_not_resolve_is_refused() -> None:
    class Wrong(ProtoSerializer):
        level: Annotated[serializers.ChoiceField, Unimported] = serializers.ChoiceField(
            choices=Level.choices
        )

    assert "TYPE_CHECKING" in refused(service(response=Wrong))


def test_two_enums_of_one_name_are_refused() -> None:
    other = models.TextChoices("Size", "TINY HUGE")
    cls = service(request=[{"name": "a", "type": Size}, {"name": "b", "type": other}])
    text = refused(cls)
    assert "ShopAskRequest.b and ShopAskRequest.a both have an enum Size" in text
    assert "TINY, HUGE" in text


def test_a_key_that_is_not_ascii_is_refused() -> None:
    odd = enum.Enum("odd", ["ÉTÉ"])
    assert "'ÉTÉ'" in refused(service(request=[{"name": "a", "type": odd}]))


# What a contract keeps

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
