"""The examples of ``000_70c3ee342d6ba98c.txt`` (sync and async) as they stand, typos apart.

Put right: ``Buildings`` is ``Building``, the serializer of the sync ``Retrieve`` gets ``building``
and not ``instance``, ``generics.class ModelService`` has no "class ", ``grpc_action`` is imported,
and what ``async for`` iterates yields its items.
"""

from collections.abc import AsyncIterator, Iterator
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import Any

import grpc
import pytest
from asgiref.sync import sync_to_async
from declared import stub_of
from django.utils.module_loading import import_string
from django_socio_grpc import actions
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import NotFound
from django_socio_grpc.generics import AsyncRetrieveService, GenericService, RetrieveService
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode
from example_models import Building, Temperature
from grpc import StatusCode
from library.models import Tag

pytestmark = pytest.mark.django_db(transaction=True)

CRUD = {"Create", "Retrieve", "Update", "PartialUpdate", "Destroy", "List"}
IMPORT_TABLE = {
    ("mixins.AsyncCreateModelMixin", "mixins.CreateModelMixin"): {"Create"},
    ("mixins.AsyncListModelMixin", "mixins.ListModelMixin"): {"List"},
    ("mixins.AsyncStreamModelMixin", "mixins.StreamModelMixin"): {"Stream"},
    ("mixins.AsyncRetrieveModelMixin", "mixins.RetrieveModelMixin"): {"Retrieve"},
    ("mixins.AsyncUpdateModelMixin", "mixins.UpdateModelMixin"): {"Update"},
    ("mixins.AsyncPartialUpdateModelMixin", "mixins.PartialUpdateModelMixin"): {"PartialUpdate"},
    ("mixins.AsyncDestroyModelMixin", "mixins.DestroyModelMixin"): {"Destroy"},
    ("generics.AsyncCreateService", "generics.CreateService"): {"Create"},
    ("generics.AsyncListService", "generics.ListService"): {"List"},
    ("generics.AsyncStreamService", "generics.StreamService"): {"Stream"},
    ("generics.AsyncRetrieveService", "generics.RetrieveService"): {"Retrieve"},
    ("generics.AsyncDestroyService", "generics.DestroyService"): {"Destroy"},
    ("generics.AsyncUpdateService", "generics.UpdateService"): {"Update"},
    ("generics.AsyncReadOnlyModelService", "generics.ReadOnlyModelService"): {"Retrieve", "List"},
    ("generics.AsyncModelService", "generics.ModelService"): CRUD,
}


class BuildingSerializer(ModelProtoSerializer):
    class Meta:
        model = Building
        fields = ["id", "name"]


class TemperatureSerializer(ModelProtoSerializer):
    class Meta:
        model = Temperature
        fields = ["id", "celsius"]


class TagProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Tag
        fields = ["id", "label"]


@pytest.mark.parametrize(("names", "expected"), IMPORT_TABLE.items())
def test_import_table(names: tuple[str, str], expected: set[str]) -> None:
    async_class, sync_class = (import_string(f"django_socio_grpc.{name}") for name in names)
    for name in expected:
        sync, twin = getattr(sync_class, name), getattr(async_class, name)
        assert not iscoroutinefunction(sync)
        assert not isasyncgenfunction(sync)
        assert isasyncgenfunction(twin) if isgeneratorfunction(sync) else iscoroutinefunction(twin)


@pytest.mark.parametrize("column", [0, 1], ids=["async", "sync"])
@pytest.mark.parametrize(("names", "expected"), IMPORT_TABLE.items())
def test_every_class_of_the_import_table_serves_its_actions(
    names: tuple[str, str], expected: set[str], column: int
) -> None:
    cls = import_string(f"django_socio_grpc.{names[column]}")
    bases = (cls,) if issubclass(cls, GenericService) else (cls, GenericService)
    attributes = {"queryset": Tag.objects.all(), "serializer_class": TagProtoSerializer}
    service = type("TagService", bases, attributes)
    assert actions.collect(service()).keys() == expected


class SyncRetrieve:
    class BuildingService(RetrieveService):
        queryset = Building.objects.all()
        serializer_class = BuildingSerializer

        def Retrieve(self, request: Any, context: Any) -> Any:
            try:
                building = Building.objects.get(pk=request.id)
            except Building.DoesNotExist as exc:
                raise NotFound(
                    detail=f"{self.queryset.model.__name__}: {request.id} not found!"
                ) from exc

            building_serializer = self.get_serializer(building)
            return building_serializer.message


class AsyncRetrieve:
    class BuildingService(AsyncRetrieveService):
        queryset = Building.objects.all()
        serializer_class = BuildingSerializer

        async def Retrieve(self, request: Any, context: Any) -> Any:
            try:
                building = await Building.objects.aget(pk=request.id)
            except Building.DoesNotExist as exc:
                raise NotFound(
                    detail=f"{self.queryset.model.__name__}: {request.id} not found!"
                ) from exc

            building_serializer = await self.aget_serializer(building)
            return await building_serializer.amessage


@pytest.mark.parametrize("example", [SyncRetrieve, AsyncRetrieve])
def test_retrieve(mode: Mode, example: Any) -> None:
    building = Building.objects.create(name="Fernsehturm")
    with stub_of(mode, example.BuildingService) as stub:
        reply = stub.Retrieve(id=building.pk)
        with pytest.raises(grpc.RpcError) as caught:
            stub.Retrieve(id=building.pk + 1)
    assert (reply.id, reply.name) == (building.pk, "Fernsehturm")
    assert caught.value.code() is StatusCode.NOT_FOUND
    assert f"Building: {building.pk + 1} not found!" in str(caught.value.details())


class SyncStream:
    class BuildingService(GenericService):
        queryset = Building.objects.all()
        serializer_class = TemperatureSerializer

        def _get_temperatures(self) -> list[Temperature]:
            return list(Temperature.objects.order_by("id"))

        @grpc_action(
            request=[],
            response=TemperatureSerializer,
            response_stream=True,
        )
        def StreamBuildingTemperature(self, request: Any, context: Any) -> Iterator[Any]:
            for temperature in self._get_temperatures():
                building_serializer = self.get_serializer(temperature)
                yield building_serializer.message


class AsyncStream:
    class BuildingService(GenericService):
        queryset = Building.objects.all()
        serializer_class = TemperatureSerializer

        async def _get_temperatures(self) -> AsyncIterator[Temperature]:
            async for temperature in Temperature.objects.order_by("id"):
                yield temperature

        @grpc_action(
            request=[],
            response=TemperatureSerializer,
            response_stream=True,
        )
        async def StreamBuildingTemperature(
            self, request: Any, context: Any
        ) -> AsyncIterator[Any]:
            async for temperature in self._get_temperatures():
                building_serializer = await self.aget_serializer(temperature)
                yield await building_serializer.amessage


class WrittenStream:
    """ "Instead of using a generator as stream answer we can now read and write data from the
    context where we need to." """

    class BuildingService(AsyncStream.BuildingService):
        async def StreamBuildingTemperature(self, request: Any, context: Any) -> None:  # type: ignore[override]
            async for temperature in self._get_temperatures():
                building_serializer = await self.aget_serializer(temperature)
                await context.write(await building_serializer.amessage)


class WrappedStream:
    """The ORM by a wrapper from asgiref, as the section on the ORM asks for."""

    class BuildingService(SyncStream.BuildingService):
        async def StreamBuildingTemperature(  # type: ignore[override]
            self, request: Any, context: Any
        ) -> AsyncIterator[Any]:
            for temperature in await sync_to_async(self._get_temperatures)():
                yield await (await self.aget_serializer(temperature)).amessage


@pytest.mark.parametrize("example", [SyncStream, AsyncStream, WrittenStream, WrappedStream])
@pytest.mark.parametrize("readings", [[], [21.5, -3.25]], ids=["none", "two"])
def test_stream_building_temperature(mode: Mode, example: Any, readings: list[float]) -> None:
    for celsius in readings:
        Temperature.objects.create(celsius=celsius)
    service: type[Service] = example.BuildingService
    with stub_of(mode, service) as stub:
        assert [reply.celsius for reply in stub.StreamBuildingTemperature()] == readings
