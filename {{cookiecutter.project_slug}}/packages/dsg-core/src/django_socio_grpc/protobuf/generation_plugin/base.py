"""What a generation plugin is: it changes the messages of an action before they are written."""

from typing import Any

from django_socio_grpc.exceptions import ProtoRegistrationError
from django_socio_grpc.protobuf.message_name_constructor import MessageNameConstructor
from django_socio_grpc.protobuf.proto_classes import ProtoField, ProtoMessage
from django_socio_grpc.schema.model import FieldCardinality


class BaseGenerationPlugin:
    """Changes nothing: override what your plugin changes.

    ``service`` is an instance of the service, outside of any call. A ``transform`` method may
    change the message that it gets, or return another one.

        class WithTrace(BaseGenerationPlugin):
            def transform_request_message(self, service, proto_message, message_name_constructor):
                proto_message.fields.append(ProtoField(name="trace", field_type="string"))
                return proto_message
    """

    def check_condition(
        self,
        service: Any,
        request_message: ProtoMessage,
        response_message: ProtoMessage,
        message_name_constructor: MessageNameConstructor,
    ) -> bool:
        """Whether the plugin has anything to do for this action."""
        return True

    def transform_request_message(
        self,
        service: Any,
        proto_message: ProtoMessage,
        message_name_constructor: MessageNameConstructor,
    ) -> ProtoMessage:
        """Return the request as it is to be."""
        return proto_message

    def transform_response_message(
        self,
        service: Any,
        proto_message: ProtoMessage,
        message_name_constructor: MessageNameConstructor,
    ) -> ProtoMessage:
        """Return the response as it is to be."""
        return proto_message

    def run_validation_and_transform(
        self,
        service: Any,
        request_message: ProtoMessage,
        response_message: ProtoMessage,
        message_name_constructor: MessageNameConstructor,
    ) -> tuple[ProtoMessage, ProtoMessage]:
        """Return both messages, as the plugin makes them if it has anything to do."""
        pair = request_message, response_message
        if not self.check_condition(service, *pair, message_name_constructor):
            return pair
        transforms = self.transform_request_message, self.transform_response_message
        request, response = (
            transform(service, message, message_name_constructor)
            for transform, message in zip(transforms, pair, strict=True)
        )
        return request, response


class BaseAddFieldRequestGenerationPlugin(BaseGenerationPlugin):
    """Adds one field to the request: a subclass says which.

    Raises:
        ProtoRegistrationError: ``field_name`` or ``field_type`` is missing.
    """

    field_name: str = ""
    field_type: str | ProtoMessage = ""
    field_cardinality: FieldCardinality = FieldCardinality.NONE

    def __init__(self) -> None:
        for name in ("field_name", "field_type"):
            if not getattr(self, name):
                raise ProtoRegistrationError(
                    f"{type(self).__name__} adds a field to requests, but has no {name}. Set it "
                    'in the class, for example field_name = "trace", field_type = "string".'
                )

    def transform_request_message(
        self,
        service: Any,
        proto_message: ProtoMessage,
        message_name_constructor: MessageNameConstructor,
    ) -> ProtoMessage:
        return self.with_field(proto_message, self.field_type)

    def with_field(self, message: ProtoMessage, field_type: str | ProtoMessage) -> ProtoMessage:
        """Return ``message`` with the field, unless an equal one is there already."""
        field = ProtoField(self.field_name, field_type, self.field_cardinality)
        if field not in message.fields:
            message.fields.append(field)
        return message
