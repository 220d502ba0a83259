"""The seven model actions, each once as sync code and once as its async twin.

A twin that nobody overrides is served as its sync code, so every step of a call runs in one
thread, in one hop.
"""

from collections.abc import Generator, Iterator
from contextlib import closing, nullcontext
from typing import Any

from google.protobuf.empty_pb2 import Empty

from django_socio_grpc import pagination, queries
from django_socio_grpc.actions import (
    FnPlaceholder,
    LookupField,
    PartialUpdate,
    SelfSerializer,
    StrTemplatePlaceholder,
)
from django_socio_grpc.concurrency import offload
from django_socio_grpc.context import Context
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.protobuf.generation_plugin import (
    FilterGenerationPlugin,
    PaginationGenerationPlugin,
)
from django_socio_grpc.schema.names import base_name
from django_socio_grpc.watch import AsyncWatchModelMixin as AsyncWatchModelMixin
from django_socio_grpc.watch import WatchModelMixin as WatchModelMixin

STREAM_CHUNK = 500
"""Rows that ``Stream`` fetches at a time: its memory is constant, whatever the table's size."""


def _base_name(service: Any) -> str:
    return base_name(service.get_serializer_class())


def _partial_update(service: Any) -> PartialUpdate:
    return PartialUpdate(serializer=service.get_serializer_class())


class CreateModelMixin:
    @grpc_action(request=SelfSerializer(), response=SelfSerializer())
    def Create(self: Any, request: Any, context: Context) -> Any:
        """Create an object and return it."""
        serializer = self.get_serializer(message=request)
        serializer.is_valid(raise_exception=True)
        self.perform_create(serializer)
        return serializer.message

    def perform_create(self, serializer: Any) -> None:
        serializer.save()


class ListModelMixin:
    @grpc_action(
        request=[],
        request_name=StrTemplatePlaceholder("{}ListRequest", _base_name),
        response=SelfSerializer(),
        use_response_list=True,
        use_generation_plugins=[FilterGenerationPlugin(), PaginationGenerationPlugin()],
    )
    def List(self: Any, request: Any, context: Context) -> Any:
        """Return the objects, a page of them if the service is paginated."""
        queryset = queries.with_related(self, self.filter_queryset(self.get_queryset()))
        rows = queries.rows_of(self, queryset)
        page = self.paginate_queryset(rows)
        if page is None:
            return self.get_serializer(rows, many=True).message
        message = self.get_serializer(page, many=True).message
        pagination.describe(message, self.paginator, queryset)
        return message


class StreamModelMixin:
    @grpc_action(
        request=[],
        request_name=StrTemplatePlaceholder("{}StreamRequest", _base_name),
        response=SelfSerializer(),
        response_stream=True,
        use_generation_plugins=[FilterGenerationPlugin(), PaginationGenerationPlugin()],
    )
    def Stream(self: Any, request: Any, context: Context) -> Iterator[Any]:
        """Stream the objects one by one, those of a page if the service is paginated."""
        messages = queries.streamed(self, STREAM_CHUNK)
        if messages is not None:
            yield from messages
            return
        queryset = queries.with_related(self, self.filter_queryset(self.get_queryset()))
        rows = self.paginate_queryset(queryset)
        if rows is None:
            rows = queryset.iterator(chunk_size=STREAM_CHUNK)
        # Whatever happens, its cursor is closed now, by this thread.
        with closing(rows) if isinstance(rows, Generator) else nullcontext():
            for instance in rows:
                yield self.get_serializer(instance).message


class RetrieveModelMixin:
    @grpc_action(
        request=LookupField(),
        request_name=StrTemplatePlaceholder("{}RetrieveRequest", _base_name),
        response=SelfSerializer(),
    )
    def Retrieve(self: Any, request: Any, context: Context) -> Any:
        """Return one object."""
        message = queries.retrieved(self)
        return self.get_serializer(self.get_object()).message if message is None else message


class UpdateModelMixin:
    @grpc_action(request=SelfSerializer(), response=SelfSerializer())
    def Update(self: Any, request: Any, context: Context) -> Any:
        """Replace every field of an object and return it."""
        serializer = self.get_serializer(self.get_object(), message=request)
        serializer.is_valid(raise_exception=True)
        self.perform_update(serializer)
        return serializer.message

    def perform_update(self, serializer: Any) -> None:
        serializer.save()


class PartialUpdateModelMixin:
    @grpc_action(
        request=FnPlaceholder(_partial_update),
        request_name=StrTemplatePlaceholder("{}PartialUpdateRequest", _base_name),
        response=SelfSerializer(),
    )
    def PartialUpdate(self: Any, request: Any, context: Context) -> Any:
        """Set the fields that ``_partial_update_fields`` names and return the object."""
        serializer = self.get_serializer(self.get_object(), message=request, partial=True)
        serializer.is_valid(raise_exception=True)
        self.perform_partial_update(serializer)
        return serializer.message

    def perform_partial_update(self, serializer: Any) -> None:
        serializer.save()


class DestroyModelMixin:
    @grpc_action(
        request=LookupField(),
        request_name=StrTemplatePlaceholder("{}DestroyRequest", _base_name),
        response="google.protobuf.Empty",
    )
    def Destroy(self: Any, request: Any, context: Context) -> Empty:
        """Delete one object."""
        self.perform_destroy(self.get_object())
        return Empty()

    def perform_destroy(self, instance: Any) -> None:
        instance.delete()


class AsyncCreateModelMixin(CreateModelMixin):
    Create = offload(CreateModelMixin.Create)
    aperform_create = offload(CreateModelMixin.perform_create, overridable=True)


class AsyncListModelMixin(ListModelMixin):
    List = offload(ListModelMixin.List)


class AsyncStreamModelMixin(StreamModelMixin):
    Stream = offload(StreamModelMixin.Stream)


class AsyncRetrieveModelMixin(RetrieveModelMixin):
    Retrieve = offload(RetrieveModelMixin.Retrieve)


class AsyncUpdateModelMixin(UpdateModelMixin):
    Update = offload(UpdateModelMixin.Update)
    aperform_update = offload(UpdateModelMixin.perform_update, overridable=True)


class AsyncPartialUpdateModelMixin(PartialUpdateModelMixin):
    PartialUpdate = offload(PartialUpdateModelMixin.PartialUpdate)
    aperform_partial_update = offload(
        PartialUpdateModelMixin.perform_partial_update, overridable=True
    )


class AsyncDestroyModelMixin(DestroyModelMixin):
    Destroy = offload(DestroyModelMixin.Destroy)
    aperform_destroy = offload(DestroyModelMixin.perform_destroy, overridable=True)
