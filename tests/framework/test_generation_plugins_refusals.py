"""Generation plugins: what is refused, with the action and the plugin in the text."""

from typing import Any

import pytest
from contracts import BookService, TagProtoSerializer, contract, service
from django.test import override_settings
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.protobuf import ProtoField
from django_socio_grpc.protobuf.generation_plugin import BaseGenerationPlugin
from django_socio_grpc.schema.model import STRUCT
from plugins import DAYS, AllStrings, WithTrace, made


def refusal(*plugins: Any, **arguments: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        made(*plugins, **arguments)
    return str(caught.value)


@pytest.mark.parametrize("given", [42, object(), dict, BookService])
def test_what_is_no_plugin(given: Any) -> None:
    text = refusal(given)
    assert "BookService.Lend: use_generation_plugins holds" in text
    assert "is no plugin. Give an instance of a subclass of BaseGenerationPlugin" in text


def test_a_path_that_does_not_import() -> None:
    text = refusal("no.such.Plugin")
    assert "BookService.Lend: use_generation_plugins names 'no.such.Plugin'" in text


def test_what_is_no_list_of_plugins() -> None:
    with pytest.raises(ConfigurationError, match=r"use_generation_plugins is .* Give a list"):
        contract(service(Lend={"use_generation_plugins": WithTrace()}))


@override_settings(GRPC_FRAMEWORK={"DEFAULT_GENERATION_PLUGINS": [42]})
def test_a_setting_that_holds_no_plugin() -> None:
    assert "GRPC_FRAMEWORK['DEFAULT_GENERATION_PLUGINS'] holds 42" in refusal()


@pytest.mark.parametrize("missing", ["field_name", "field_type"])
def test_a_field_without_name_or_type(missing: str) -> None:
    broken = type("Broken", (WithTrace,), {missing: ""})
    assert f"Broken adds a field to requests, but has no {missing}" in refusal(broken)
    with pytest.raises(ConfigurationError, match=missing):
        broken()


def test_a_plugin_that_returns_nothing() -> None:
    class Forgets(BaseGenerationPlugin):
        def transform_request_message(self, service: Any, proto_message: Any, _: Any) -> Any:
            proto_message.fields = []

    text = refusal(Forgets(), request=DAYS)
    assert "BookService.Lend: Forgets gives (None, " in text
    assert "Return the ProtoMessage in each transform method" in text


def test_a_plugin_that_fails() -> None:
    class Fails(BaseGenerationPlugin):
        def check_condition(self, *args: Any) -> bool:
            raise KeyError("kind")

    assert "BookService.Lend: Fails raised KeyError: 'kind'" in refusal(Fails())


class Sets(BaseGenerationPlugin):
    """Sets an attribute of the first field, or of the message."""

    def __init__(self, name: str, value: Any) -> None:
        self.name, self.value = name, value

    def transform_request_message(self, service: Any, proto_message: Any, _: Any) -> Any:
        owner = proto_message if self.name.startswith("message_") else proto_message.fields[0]
        setattr(owner, self.name.removeprefix("message_"), self.value)
        return proto_message


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("field_type", int, "the field_type of BookLendRequest.days is <class 'int'>"),
        ("field_type", "strin", "has the type 'strin'"),
        ("name", "number of days", "cannot be a field of a message"),
        ("message_name", "Lend Request", "'Lend Request' cannot be the name of a message"),
        ("message_name", None, "None cannot be the name of a message"),
        ("message_fields", [ProtoField("a", "int32"), ProtoField("a", "bool")], "two fields 'a'"),
    ],
)
def test_what_a_plugin_makes_must_be_a_message(name: str, value: Any, text: str) -> None:
    assert text in refusal(Sets(name, value), request=DAYS)


def test_a_message_of_another_place_gets_no_field() -> None:
    text = refusal(WithTrace(), request=STRUCT)
    assert f"BookService.Lend: {STRUCT} is defined elsewhere and cannot get the field" in text


def test_one_serializer_with_two_shapes_is_refused() -> None:
    cls = service(
        One={"response": TagProtoSerializer, "use_generation_plugins": [AllStrings()]},
        Two={"response": TagProtoSerializer},
    )
    with pytest.raises(ConfigurationError, match="both have a message TagResponse") as caught:
        contract(cls)
    assert "set response_name" in str(caught.value)
