"""Streaming and uploading temperatures: over the wire on both servers, and the shared part."""

import asyncio
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from django.utils.dateparse import parse_datetime
from django_socio_grpc.testing import RunningServer

from buildings.grpc import buildings_pb2, buildings_pb2_grpc
from buildings.models import Building, Temperature
from buildings.recording import Outcome, record
from buildings.serializers import TemperatureProtoSerializer

TIMEOUT = 10.0
NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)


def stream(stub: Any, building_id: int) -> list[buildings_pb2.TemperatureResponse]:
    request = buildings_pb2.BuildingStreamBuildingTemperatureRequest(id=building_id)
    return list(stub.StreamBuildingTemperature(request, timeout=TIMEOUT))


def reading(
    building_id: int, celsius: float, measured_at: str
) -> buildings_pb2.TemperatureRequest:
    return buildings_pb2.TemperatureRequest(
        building=building_id, celsius=celsius, measured_at=measured_at
    )


def mixed_readings(building: Building) -> list[buildings_pb2.TemperatureRequest]:
    """Two good ones, two repetitions, one of no building, and five that are invalid."""
    return [
        reading(building.pk, 21.5, "2025-07-01T12:00:00Z"),
        reading(building.pk, 22.5, "2025-07-01T13:00:00+00:00"),
        reading(building.pk, 21.5, "2025-07-01T12:00:00Z"),
        reading(building.pk, -1.0, "2025-07-01T15:00:00+02:00"),
        reading(404, 21.5, "2025-07-01T12:00:00Z"),
        reading(building.pk, 451.0, "2025-07-01T14:00:00Z"),
        reading(building.pk, -300.0, "2025-07-01T14:00:00Z"),
        reading(building.pk, math.nan, "2025-07-01T14:00:00Z"),
        reading(building.pk, 21.5, "noon"),
        reading(building.pk, 21.5, ""),
    ]


REPORT = {"recorded": 2, "duplicate": 2, "unknown_building": 1, "invalid": 5}


def test_stream_sends_the_temperatures_of_one_building_oldest_first(
    stub: Any, building: Building
) -> None:
    other = Building.objects.create(
        name="DC",
        address="7",
        city="Vienna",
        country="Austria",
        height_m=250,
        floors=60,
        opened=2014,
    )
    other.temperatures.create(celsius=99 / 2, measured_at=NOON)
    for hours in [2, 0, 1]:
        building.temperatures.create(
            celsius=20.0 + hours, measured_at=NOON + timedelta(hours=hours)
        )

    temperatures = stream(stub, building.pk)
    assert [(t.building, t.celsius) for t in temperatures] == [
        (building.pk, 20.0),
        (building.pk, 21.0),
        (building.pk, 22.0),
    ]
    assert parse_datetime(temperatures[0].measured_at) == NOON


def test_stream_of_a_building_without_temperatures_is_empty(stub: Any, building: Building) -> None:
    assert stream(stub, building.pk) == []


def test_stream_of_an_unknown_building_is_not_found(stub: Any, building: Building) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        stream(stub, building.pk + 1)

    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_stream_is_read_to_its_end(grpc_server: RunningServer, building: Building) -> None:
    Temperature.objects.bulk_create(
        Temperature(building=building, celsius=n / 10, measured_at=NOON + timedelta(minutes=n))
        for n in range(250)
    )

    async def read_all() -> list[float]:
        async with grpc.aio.insecure_channel(grpc_server.target) as channel:
            call = buildings_pb2_grpc.BuildingControllerStub(channel).StreamBuildingTemperature(
                buildings_pb2.BuildingStreamBuildingTemperatureRequest(id=building.pk),
                timeout=TIMEOUT,
            )
            read = []
            while (temperature := await call.read()) is not grpc.aio.EOF:
                read.append(temperature.celsius)
            return read

    assert asyncio.run(read_all()) == [n / 10 for n in range(250)]


def test_upload_counts_what_became_of_each(stub: Any, building: Building) -> None:
    report = stub.UploadTemperatures(iter(mixed_readings(building)), timeout=TIMEOUT)

    assert report == buildings_pb2.UploadReportResponse(**REPORT)
    assert list(building.temperatures.values_list("celsius", "measured_at")) == [
        (21.5, NOON),
        (22.5, NOON + timedelta(hours=1)),
    ]


def test_upload_in_write_style(grpc_server: RunningServer, building: Building) -> None:
    async def upload() -> buildings_pb2.UploadReportResponse:
        async with grpc.aio.insecure_channel(grpc_server.target) as channel:
            call = buildings_pb2_grpc.BuildingControllerStub(channel).UploadTemperatures(
                timeout=TIMEOUT
            )
            for temperature in mixed_readings(building):
                await call.write(temperature)
            await call.done_writing()
            report: buildings_pb2.UploadReportResponse = await call
            return report

    assert asyncio.run(upload()) == buildings_pb2.UploadReportResponse(**REPORT)


def test_upload_of_nothing_reports_nothing(stub: Any, transactional_db: None) -> None:
    report = stub.UploadTemperatures(iter(()), timeout=TIMEOUT)

    assert report == buildings_pb2.UploadReportResponse()


def test_what_is_uploaded_can_be_streamed(stub: Any, building: Building) -> None:
    sent = [reading(building.pk, n / 4, f"2025-07-01T{n:02}:00:00Z") for n in range(24)]
    stub.UploadTemperatures(iter(sent), timeout=TIMEOUT)

    assert [(t.celsius, t.measured_at) for t in stream(stub, building.pk)] == [
        (t.celsius, t.measured_at) for t in sent
    ]


@pytest.mark.django_db
def test_a_temperature_that_was_stored_after_its_check_is_a_duplicate(building: Building) -> None:
    """Two clients upload the same one: both pass the check before either is stored."""
    data = {"building": building.pk, "celsius": 21.5, "measured_at": NOON}
    twins = [TemperatureProtoSerializer(data=data) for _ in range(2)]
    for twin in twins:
        assert twin.is_valid()

    assert [record(twin) for twin in twins] == [Outcome.RECORDED, Outcome.DUPLICATE]
