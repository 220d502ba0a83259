"""Names that a contract has of its own accord."""

from django_socio_grpc.protobuf.generation_plugin.lists import RESULTS as DEFAULT_LIST_FIELD_NAME
from django_socio_grpc.schema.messages import FILTERS_FIELD as REQUEST_FILTERS_FIELD_NAME
from django_socio_grpc.schema.messages import PAGINATION_FIELD as REQUEST_PAGINATION_FIELD_NAME
from django_socio_grpc.schema.messages import PARTIAL_UPDATE_FIELDS as PARTIAL_UPDATE_FIELD_NAME
from django_socio_grpc.schema.model import Side

REQUEST_SUFFIX = Side.REQUEST.value
RESPONSE_SUFFIX = Side.RESPONSE.value
LIST_ATTR_MESSAGE_NAME = "message_list_attr"
"""The attribute of a serializer's Meta that names the field of a list."""

__all__ = [
    "DEFAULT_LIST_FIELD_NAME",
    "LIST_ATTR_MESSAGE_NAME",
    "PARTIAL_UPDATE_FIELD_NAME",
    "REQUEST_FILTERS_FIELD_NAME",
    "REQUEST_PAGINATION_FIELD_NAME",
    "REQUEST_SUFFIX",
    "RESPONSE_SUFFIX",
]
