"""The services of each mode on the other server: any service runs on either."""

from django_socio_grpc.testing import RunningServer

from buildings.grpc import buildings_pb2, buildings_pb2_grpc
from buildings.models import Building

TIMEOUT = 10.0


def test_every_kind_of_call(building: Building, swapped_server: RunningServer) -> None:
    with swapped_server.channel() as channel:
        stub = buildings_pb2_grpc.BuildingControllerStub(channel)
        wanted = buildings_pb2.BuildingRetrieveRequest(id=building.pk)
        retrieved = stub.Retrieve(wanted, timeout=TIMEOUT)
        temperature = buildings_pb2.TemperatureRequest(
            building=building.pk, celsius=21.5, measured_at="2025-07-01T12:00:00Z"
        )
        report = stub.UploadTemperatures(iter([temperature, temperature]), timeout=TIMEOUT)
        streamed = stub.StreamBuildingTemperature(
            buildings_pb2.BuildingStreamBuildingTemperatureRequest(id=building.pk),
            timeout=TIMEOUT,
        )
        celsius = [reading.celsius for reading in streamed]

    assert retrieved.name == "Varso Tower"
    assert (report.recorded, report.duplicate) == (1, 1)
    assert celsius == [21.5]
