"""A stub of the buildings service; each test that uses it runs against both servers."""

from collections.abc import Iterator

import pytest
from django_socio_grpc.testing import RunningServer

from buildings.grpc import buildings_pb2_grpc
from buildings.models import Building


@pytest.fixture
def stub(grpc_server: RunningServer) -> Iterator[buildings_pb2_grpc.BuildingControllerStub]:
    with grpc_server.channel() as channel:
        yield buildings_pb2_grpc.BuildingControllerStub(channel)


@pytest.fixture
def building(transactional_db: None) -> Building:
    return Building.objects.create(
        name="Varso Tower",
        address="ulica Chmielna 69",
        city="Warsaw",
        country="Poland",
        height_m=310.0,
        floors=53,
        opened=2022,
    )
