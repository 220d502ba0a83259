"""Plugins that make enums of fields: where an enum is depends on the plugin."""

from typing import Any, ClassVar

from django_socio_grpc.protobuf.generation_plugin.base import BaseGenerationPlugin
from django_socio_grpc.protobuf.message_name_constructor import MessageNameConstructor
from django_socio_grpc.protobuf.proto_classes import ProtoMessage
from django_socio_grpc.schema.enums import EnumPlacement, ProtoEnumLocations, placed


class BaseEnumGenerationPlugin(BaseGenerationPlugin):
    """Gives each field whose annotation names an enum that enum as its type.

    With ``non_annotated_generation`` a field whose choices are texts like "NOVEL" gets an enum as
    well, which has the field's name.
    """

    location: ClassVar[ProtoEnumLocations]
    wrapped: ClassVar[bool]

    def __init__(self, non_annotated_generation: bool = False) -> None:
        self.non_annotated_generation = non_annotated_generation

    def transform_request_message(
        self,
        service: Any,
        proto_message: ProtoMessage,
        message_name_constructor: MessageNameConstructor,
    ) -> ProtoMessage:
        return self.with_enums(proto_message)

    def transform_response_message(
        self,
        service: Any,
        proto_message: ProtoMessage,
        message_name_constructor: MessageNameConstructor,
    ) -> ProtoMessage:
        return self.with_enums(proto_message)

    def with_enums(self, proto_message: ProtoMessage) -> ProtoMessage:
        """Return ``proto_message`` with enums in it, and in all messages that it holds."""
        placement = EnumPlacement(
            location=self.location,
            wrapped=self.wrapped,
            plain_choices=self.non_annotated_generation,
        )
        for message in proto_message.walk():
            for field in message.fields:
                if field.spec is not None and field.field_type == field.spec.type:
                    field.spec = placed(field.spec, message.name, placement)
                    field.field_type = field.spec.type
        return proto_message


class GlobalScopeWrappedEnumGenerationPlugin(BaseEnumGenerationPlugin):
    """An enum is in a message of its name, at the top of the contract: ``Genre.Enum``."""

    location = ProtoEnumLocations.GLOBAL
    wrapped = True


class GlobalScopeEnumGenerationPlugin(BaseEnumGenerationPlugin):
    """An enum is at the top of the contract, where no two enums may share a key: ``Genre``."""

    location = ProtoEnumLocations.GLOBAL
    wrapped = False


class InMessageWrappedEnumGenerationPlugin(BaseEnumGenerationPlugin):
    """An enum is in a message of its name, in that of the field: ``BookResponse.Genre.Enum``."""

    location = ProtoEnumLocations.MESSAGE
    wrapped = True


class InMessageEnumGenerationPlugin(BaseEnumGenerationPlugin):
    """An enum is in the message of the field: ``BookResponse.Genre``."""

    location = ProtoEnumLocations.MESSAGE
    wrapped = False
