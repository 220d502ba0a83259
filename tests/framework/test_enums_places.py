"""Where a plugin puts the enums of a contract."""

from typing import Annotated, Any

import pytest
from django.test import override_settings
from django_socio_grpc.proto_serializers import ProtoSerializer
from django_socio_grpc.protobuf.generation_plugin import (
    GlobalScopeEnumGenerationPlugin,
    GlobalScopeWrappedEnumGenerationPlugin,
    InMessageEnumGenerationPlugin,
    InMessageWrappedEnumGenerationPlugin,
)
from enum_contracts import block, contract, service
from enums import Level, OrderSerializer
from rest_framework import serializers


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
