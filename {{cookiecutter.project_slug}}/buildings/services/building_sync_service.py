"""The buildings service for the sync server. Its streams read and write through the context."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django_socio_grpc import generics
from django_socio_grpc.context import EOF, Context
from django_socio_grpc.decorators import grpc_action
from rest_framework.permissions import AllowAny

from buildings.grpc import buildings_pb2
from buildings.models import Building
from buildings.recording import Outcome, record
from buildings.serializers import (
    BuildingProtoSerializer,
    TemperatureProtoSerializer,
    UploadReportProtoSerializer,
)


class BuildingSyncService(generics.ModelService):
    """Buildings: to write and to read, and the temperatures that are measured at them."""

    service_name = "Building"
    queryset = Building.objects.all()
    serializer_class = BuildingProtoSerializer
    # An example, open to everybody. Say here who may call yours.
    permission_classes = [AllowAny]

    @grpc_action(
        request=[{"name": "id", "type": "int64", "comment": "Id of the building."}],
        response=TemperatureProtoSerializer,
        response_stream=True,
    )
    def StreamBuildingTemperature(
        self,
        request: buildings_pb2.BuildingStreamBuildingTemperatureRequest,
        context: Context,
    ) -> None:
        """Send the temperatures of one building, the oldest first."""
        building = self.get_object()
        for temperature in building.temperatures.iterator():
            context.write(TemperatureProtoSerializer(temperature).message)

    @grpc_action(
        request=TemperatureProtoSerializer,
        response=UploadReportProtoSerializer,
        request_stream=True,
    )
    def UploadTemperatures(self, request: Any, context: Context) -> Any:
        """Take in any number of temperatures, of any buildings, and count the outcomes."""
        outcomes = Counter[Outcome]()
        while (temperature := context.read()) is not EOF:
            outcomes[record(TemperatureProtoSerializer(message=temperature))] += 1
        return UploadReportProtoSerializer(outcomes).message
