"""Serializers that need a call to tell what they are: the error names them and the way out."""

from typing import Any

import pytest
from django_socio_grpc import generics
from django_socio_grpc.contract.introspect import app_spec
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError, ProtoRegistrationError
from django_socio_grpc.proto_serializers import ProtoSerializer
from rest_framework import serializers


class NeedsContext(ProtoSerializer):
    name = serializers.CharField()

    def get_fields(self) -> Any:
        self.context["request"].user  # noqa: B018
        return super().get_fields()


class NeedsArgument(ProtoSerializer):
    name = serializers.CharField()

    def __init__(self, who: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)


class Patient(NeedsContext):
    def get_fields(self) -> Any:
        if self.context.get("request") is None:
            return super(NeedsContext, self).get_fields()
        return super().get_fields()


class Holder(ProtoSerializer):
    inner = NeedsContext()


class Computed(ProtoSerializer):
    inner = serializers.SerializerMethodField()

    def get_inner(self, row: Any) -> list[NeedsArgument]:
        return []


def register(cls: Any, **arguments: Any) -> Any:
    ask = grpc_action(**{"response": cls, **arguments})(lambda self, request, context: None)
    return app_spec("library", [type("AskService", (generics.GenericService,), {"Ask": ask})])


@pytest.mark.parametrize(
    ("cls", "names"),
    [
        (NeedsContext, ["NeedsContext", "get_fields() raised KeyError: 'request'"]),
        (NeedsArgument, ["NeedsArgument", "__init__() raised TypeError", "'who'"]),
        (Holder, ["NeedsContext", "get_fields() raised KeyError"]),
        (Computed, ["NeedsArgument", "__init__() raised TypeError"]),
    ],
)
def test_a_serializer_that_needs_a_call_is_an_error_that_names_it(
    cls: Any, names: list[str]
) -> None:
    with pytest.raises(ProtoRegistrationError) as caught:
        register(cls)
    for name in [*names, 'self.context.get("request")']:
        assert name in str(caught.value)


def test_one_that_takes_no_for_an_answer_is_fine() -> None:
    (message,) = register(Patient).messages
    assert [field.name for field in message.fields] == ["name"]


def test_a_type_of_a_declared_field_may_not_need_a_call_either() -> None:
    with pytest.raises(ConfigurationError, match="NeedsArgument"):
        register(None, response=[{"name": "a", "type": NeedsArgument}])
