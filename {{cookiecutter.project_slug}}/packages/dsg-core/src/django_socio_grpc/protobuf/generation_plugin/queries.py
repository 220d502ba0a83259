"""Plugins that let a request carry filters, and say which page is wanted."""

from collections.abc import Callable, Iterable
from typing import Any

from django_socio_grpc.protobuf.generation_plugin.base import BaseAddFieldRequestGenerationPlugin
from django_socio_grpc.protobuf.message_name_constructor import MessageNameConstructor
from django_socio_grpc.protobuf.proto_classes import ProtoField, ProtoMessage
from django_socio_grpc.protobuf.query_fields import filter_fields, page_fields
from django_socio_grpc.schema.messages import FILTERS_FIELD, PAGINATION_FIELD
from django_socio_grpc.schema.model import STRUCT, FieldCardinality
from django_socio_grpc.settings import FilterAndPaginationBehaviorOptions, grpc_settings


class _QueryGenerationPlugin(BaseAddFieldRequestGenerationPlugin):
    """Adds a field whose type is a Struct, or a message with a field for each parameter.

    ``suffix`` ends the name of that message, ``parameters`` gives its fields.
    ``display_warning_message`` has no effect: it is no mistake if there is nothing to add.
    """

    field_type = STRUCT
    field_cardinality = FieldCardinality.OPTIONAL
    suffix: str
    parameters: Callable[[Any], Iterable[ProtoField]]

    def __init__(self, display_warning_message: bool = True) -> None:
        super().__init__()

    def behavior(self) -> FilterAndPaginationBehaviorOptions:
        raise NotImplementedError

    def transform_request_message(
        self,
        service: Any,
        proto_message: ProtoMessage,
        message_name_constructor: MessageNameConstructor,
    ) -> ProtoMessage:
        if not self.behavior().is_typed:
            return self.with_field(proto_message, self.field_type)
        fields = list(type(self).parameters(service))
        if not fields:
            return proto_message
        name = f"{service.get_service_name()}{self.suffix}"
        return self.with_field(proto_message, ProtoMessage(name, fields))


class FilterGenerationPlugin(_QueryGenerationPlugin):
    """Adds ``_filters`` where the service has filter backends and FILTER_BEHAVIOR reads it."""

    field_name = FILTERS_FIELD
    suffix = "Filters"
    parameters = staticmethod(filter_fields)

    def behavior(self) -> FilterAndPaginationBehaviorOptions:
        return grpc_settings.FILTER_BEHAVIOR  # type: ignore[no-any-return]

    def check_condition(
        self,
        service: Any,
        request_message: ProtoMessage,
        response_message: ProtoMessage,
        message_name_constructor: MessageNameConstructor,
    ) -> bool:
        return self.behavior().reads_request and bool(getattr(service, "filter_backends", None))


class PaginationGenerationPlugin(_QueryGenerationPlugin):
    """Adds ``_pagination`` where the service is paginated and PAGINATION_BEHAVIOR reads it."""

    field_name = PAGINATION_FIELD
    suffix = "Pagination"
    parameters = staticmethod(page_fields)

    def behavior(self) -> FilterAndPaginationBehaviorOptions:
        return grpc_settings.PAGINATION_BEHAVIOR  # type: ignore[no-any-return]

    def check_condition(
        self,
        service: Any,
        request_message: ProtoMessage,
        response_message: ProtoMessage,
        message_name_constructor: MessageNameConstructor,
    ) -> bool:
        paginated = getattr(service, "pagination_class", None) is not None
        return self.behavior().reads_request and paginated
