"""Generation plugins of the tests, and the contract of one action that they change."""

from typing import Any

from contracts import contract, service
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.protobuf.generation_plugin import (
    BaseAddFieldRequestGenerationPlugin,
    BaseGenerationPlugin,
)
from django_socio_grpc.schema.model import AppSpec, FieldCardinality

DAYS: list[FieldDict] = [{"name": "days", "type": "int32"}]


class AllStrings(BaseGenerationPlugin):
    """As documented: every field of the response becomes text."""

    def __init__(self, type_to_put: str = "string") -> None:
        self.type_to_put = type_to_put

    def transform_response_message(
        self, service: Any, proto_message: Any, message_name_constructor: Any
    ) -> Any:
        for field in proto_message.fields:
            field.field_type = self.type_to_put
        return proto_message


class WithTrace(BaseAddFieldRequestGenerationPlugin):
    field_name = "trace"
    field_type = "string"
    field_cardinality = FieldCardinality.OPTIONAL


class Renamed(BaseGenerationPlugin):
    """Puts a word before the name of the request."""

    def __init__(self, word: str = "My") -> None:
        self.word = word

    def transform_request_message(
        self, service: Any, proto_message: Any, message_name_constructor: Any
    ) -> Any:
        proto_message.name = f"{self.word}{proto_message.name}"
        return proto_message


def made(*plugins: Any, **arguments: Any) -> AppSpec:
    return contract(service(Lend={"use_generation_plugins": list(plugins), **arguments}))
