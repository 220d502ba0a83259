"""Annotated fields -> enums of the contract: their values, and what cannot be one."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from django.db import models
from django_socio_grpc.exceptions import ProtoRegistrationError
from django_socio_grpc.proto_serializers import ProtoSerializer
from django_socio_grpc.protobuf.generation_plugin import (
    GlobalScopeWrappedEnumGenerationPlugin,
    InMessageWrappedEnumGenerationPlugin,
)
from enum_contracts import block, contract, service
from enums import Colour, Level, OrderSerializer, ParcelSerializer, Size, Weather
from rest_framework import serializers

if TYPE_CHECKING:
    from enums import Level as Unimported


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
