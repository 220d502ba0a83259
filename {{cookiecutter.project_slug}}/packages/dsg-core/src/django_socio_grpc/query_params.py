"""Filters and pagination of a call as the query parameters of a URL."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.http import QueryDict
from google.protobuf.json_format import MessageToDict, SerializeToJsonError
from google.protobuf.message import Message

from django_socio_grpc.exceptions import InvalidArgument
from django_socio_grpc.schema.messages import FILTERS_FIELD, PAGINATION_FIELD
from django_socio_grpc.settings import FilterAndPaginationBehaviorOptions, grpc_settings


class QueryParams(QueryDict):
    """Texts by name, as in a URL. Of a list, ``getlist`` gives the items, and ``[name]`` and
    ``get`` give all of them with commas between: so backends read lists of several values.
    """

    def __getitem__(self, key: str) -> Any:
        values = self.getlist(key)
        return ",".join(values) if len(values) > 1 else super().__getitem__(key)

    def add(self, values: Mapping[str, Any]) -> None:
        """Set each of ``values``, data as JSON has them. A null is as if it were not there."""
        for name, value in values.items():
            items = value if isinstance(value, list) else [value]
            texts = [_text(item) for item in items if item is not None]
            if texts:
                self.setlist(name, texts)


def query_params(metadata: Callable[[str], Mapping[str, Any]], request: Any) -> QueryParams:
    """Return what the settings FILTER_BEHAVIOR and PAGINATION_BEHAVIOR say to read.

    ``metadata(name)`` gives the data that the client has sent beside ``request``, a message or
    the requests of a stream, as ``filters`` or ``pagination``. What is in the request wins.
    """
    params = QueryParams(mutable=True)
    parts: list[tuple[FilterAndPaginationBehaviorOptions, str, str]] = [
        (grpc_settings.FILTER_BEHAVIOR, "filters", FILTERS_FIELD),
        (grpc_settings.PAGINATION_BEHAVIOR, "pagination", PAGINATION_FIELD),
    ]
    for behavior, name, field in parts:
        if behavior.reads_metadata:
            params.add(metadata(name))
        if behavior.reads_request and isinstance(request, Message):
            params.add(_of_field(request, field))
    return params


def _of_field(request: Message, name: str) -> Mapping[str, Any]:
    """The data of a field: of a Struct, or of a message with a field for each parameter."""
    field = request.DESCRIPTOR.fields_by_name.get(name)
    if field is None or field.message_type is None or not request.HasField(name):
        return {}
    try:
        return MessageToDict(getattr(request, name), preserving_proto_field_name=True)
    except (SerializeToJsonError, ValueError) as exc:  # a number that is none, in a Struct
        raise InvalidArgument({name: [str(exc)]}) from None


def _text(value: Any) -> str:
    """``value`` as a client would write it in a URL."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():  # a Struct has no whole numbers
        return str(int(value))
    return json.dumps(value)
