"""The async and the sync service: one contract, and each runs on either server."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from django_socio_grpc.services import AppHandlerRegistry, Service
from django_socio_grpc.testing import Mode, serve

from buildings.grpc import buildings_pb2, buildings_pb2_grpc
from buildings.models import Building
from buildings.services.building_service import BuildingService
from buildings.services.building_sync_service import BuildingSyncService

TIMEOUT = 10.0
CONTRACT = Path(buildings_pb2.__file__).with_name("buildings.proto")

both_variants = pytest.mark.parametrize("service", [BuildingService, BuildingSyncService])


def hook_for(service: type[Service]) -> Callable[[Any], None]:
    def hook(server: Any) -> None:
        AppHandlerRegistry("buildings", server).register(service)

    return hook


@both_variants
def test_declares_the_committed_contract(service: type[Service]) -> None:
    framework = {**settings.GRPC_FRAMEWORK, "ROOT_HANDLERS_HOOK": hook_for(service)}
    out = StringIO()
    with override_settings(GRPC_FRAMEWORK=framework):
        call_command("generateproto", dry_run=True, stdout=out)

    assert out.getvalue().strip() == CONTRACT.read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("mode", ["aio", "sync"])
@both_variants
def test_runs_on_either_server(service: type[Service], mode: Mode, building: Building) -> None:
    with serve(mode, hook_for(service)) as server, server.channel() as channel:
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
