"""The requests of partial updates, for actions that are written by hand."""

from typing import Any

from rest_framework.serializers import BaseSerializer

from django_socio_grpc.actions import PartialUpdate


def get_partial_update_request_from_serializer_class(
    serializer_class: type[BaseSerializer[Any]],
) -> PartialUpdate:
    """Return what ``grpc_action(request=...)`` takes for a partial update.

    >>> grpc_action(request=get_partial_update_request_from_serializer_class(BookProtoSerializer))
    """
    return PartialUpdate(serializer=serializer_class)


def get_partial_update_request_from_service(service: Any) -> PartialUpdate:
    """Return the same for the service's own serializer, as a ``FnPlaceholder`` needs it."""
    return PartialUpdate(serializer=service.get_serializer_class())
