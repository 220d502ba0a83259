"""Plugins that make an action take or give a list of what it declares."""

from typing import Any

from django_socio_grpc.exceptions import ProtoRegistrationError
from django_socio_grpc.protobuf.generation_plugin.base import BaseGenerationPlugin
from django_socio_grpc.protobuf.message_name_constructor import MessageNameConstructor
from django_socio_grpc.protobuf.proto_classes import ProtoField, ProtoMessage
from django_socio_grpc.schema import names
from django_socio_grpc.schema.model import FieldCardinality, MessageSpec, Side

RESULTS = "results"
COUNT = "count"
CURSORS = [
    ("next", "The cursor of the next page, if there is one."),
    ("previous", "The cursor of the page before, if there is one."),
]
"""A client cannot make a cursor itself, as it can the number of a page."""


class AsListGenerationPlugin(BaseGenerationPlugin):
    """Lists are in the field ``list_field_name``, unless ``Meta`` of the serializer names it."""

    def __init__(self, list_field_name: str = RESULTS) -> None:
        self.list_field_name = list_field_name


class RequestAsListGenerationPlugin(AsListGenerationPlugin):
    """The request holds many of what the action declares."""

    def transform_request_message(
        self,
        service: Any,
        proto_message: ProtoMessage,
        message_name_constructor: MessageNameConstructor,
    ) -> ProtoMessage:
        name = message_name_constructor.construct_request_list_name()
        return _list_of(
            proto_message,
            name,
            Side.REQUEST,
            service,
            message_name_constructor,
            self.list_field_name,
        )


class ResponseAsListGenerationPlugin(AsListGenerationPlugin):
    """The response holds many of what the action declares."""

    def transform_response_message(
        self,
        service: Any,
        proto_message: ProtoMessage,
        message_name_constructor: MessageNameConstructor,
    ) -> ProtoMessage:
        name = message_name_constructor.construct_response_list_name()
        return _list_of(
            proto_message,
            name,
            Side.RESPONSE,
            service,
            message_name_constructor,
            self.list_field_name,
        )


class RequestAndResponseAsListGenerationPlugin(
    RequestAsListGenerationPlugin, ResponseAsListGenerationPlugin
):
    """Both messages are lists."""


class ListGenerationPlugin(RequestAndResponseAsListGenerationPlugin):
    """The messages that it is told of are lists: ``ListGenerationPlugin(response=True)``."""

    def __init__(
        self, list_field_name: str = RESULTS, request: bool = False, response: bool = False
    ) -> None:
        super().__init__(list_field_name)
        self.request = request
        self.response = response

    def transform_request_message(
        self,
        service: Any,
        proto_message: ProtoMessage,
        message_name_constructor: MessageNameConstructor,
    ) -> ProtoMessage:
        if not self.request:
            return proto_message
        return super().transform_request_message(service, proto_message, message_name_constructor)

    def transform_response_message(
        self,
        service: Any,
        proto_message: ProtoMessage,
        message_name_constructor: MessageNameConstructor,
    ) -> ProtoMessage:
        if not self.response:
            return proto_message
        return super().transform_response_message(service, proto_message, message_name_constructor)


def _list_of(
    element: ProtoMessage,
    name: str,
    side: Side,
    service: Any,
    constructor: MessageNameConstructor,
    rows: str,
) -> ProtoMessage:
    if element.spec is not None and element.spec.many:  # by another plugin
        return element
    serializer = element.serializer
    if not element.fields and serializer is None and not element.is_reference:
        raise ProtoRegistrationError(
            f"the {side.lower()} is a list of nothing. Say of what, or leave the list out."
        )
    if element.name == name:  # the action named the list, not what is in it
        element.name = (
            names.without_list(name, side)
            if serializer is None
            else f"{constructor.get_base_name_from_serializer(serializer)}"
            f"{names.serializer_side(side)}"
        )
    rows = getattr(getattr(serializer, "Meta", None), "message_list_attr", rows)
    fields = [ProtoField(rows, element, FieldCardinality.REPEATED)]
    if (pages := getattr(service, "pagination_class", None)) is not None:
        fields.append(ProtoField(COUNT, "int32", comments="How many there are on all pages."))
        if side is Side.RESPONSE and hasattr(pages, "cursor_query_param"):
            fields += [ProtoField(name, "string", comments=text) for name, text in CURSORS]
    spec = MessageSpec(
        name=name,
        serializers=() if serializer is None else (serializer,),
        many=True,
        side=side if serializer is None else names.serializer_side(side),
    )
    return ProtoMessage(name, fields, serializer=serializer, spec=spec)
