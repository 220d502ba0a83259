"""One ready-made service class for each set of actions, in both colours."""

from django_socio_grpc import mixins
from django_socio_grpc.generic_service import GenericService

__all__ = [
    "AsyncCreateService",
    "AsyncDestroyService",
    "AsyncListCreateService",
    "AsyncListService",
    "AsyncModelService",
    "AsyncReadOnlyModelService",
    "AsyncRetrieveService",
    "AsyncStreamService",
    "AsyncUpdateService",
    "CreateService",
    "DestroyService",
    "GenericService",
    "ListCreateService",
    "ListService",
    "ModelService",
    "ReadOnlyModelService",
    "RetrieveService",
    "StreamService",
    "UpdateService",
]


class CreateService(mixins.CreateModelMixin, GenericService):
    """Create."""


class ListService(mixins.ListModelMixin, GenericService):
    """List."""


class StreamService(mixins.StreamModelMixin, GenericService):
    """Stream."""


class RetrieveService(mixins.RetrieveModelMixin, GenericService):
    """Retrieve."""


class DestroyService(mixins.DestroyModelMixin, GenericService):
    """Destroy."""


class UpdateService(mixins.UpdateModelMixin, GenericService):
    """Update."""


class ListCreateService(mixins.ListModelMixin, mixins.CreateModelMixin, GenericService):
    """List and Create."""


class ReadOnlyModelService(mixins.RetrieveModelMixin, mixins.ListModelMixin, GenericService):
    """Retrieve and List."""


class ModelService(
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.PartialUpdateModelMixin,
    mixins.DestroyModelMixin,
    mixins.ListModelMixin,
    GenericService,
):
    """Create, Retrieve, Update, PartialUpdate, Destroy and List."""


class AsyncCreateService(mixins.AsyncCreateModelMixin, GenericService):
    """Create."""


class AsyncListService(mixins.AsyncListModelMixin, GenericService):
    """List."""


class AsyncStreamService(mixins.AsyncStreamModelMixin, GenericService):
    """Stream."""


class AsyncRetrieveService(mixins.AsyncRetrieveModelMixin, GenericService):
    """Retrieve."""


class AsyncDestroyService(mixins.AsyncDestroyModelMixin, GenericService):
    """Destroy."""


class AsyncUpdateService(mixins.AsyncUpdateModelMixin, GenericService):
    """Update."""


class AsyncListCreateService(
    mixins.AsyncListModelMixin, mixins.AsyncCreateModelMixin, GenericService
):
    """List and Create."""


class AsyncReadOnlyModelService(
    mixins.AsyncRetrieveModelMixin, mixins.AsyncListModelMixin, GenericService
):
    """Retrieve and List."""


class AsyncModelService(
    mixins.AsyncCreateModelMixin,
    mixins.AsyncRetrieveModelMixin,
    mixins.AsyncUpdateModelMixin,
    mixins.AsyncPartialUpdateModelMixin,
    mixins.AsyncDestroyModelMixin,
    mixins.AsyncListModelMixin,
    GenericService,
):
    """Create, Retrieve, Update, PartialUpdate, Destroy and List."""
