"""Server streaming: prints the temperatures of two buildings as the server sends them."""

import sys
from collections.abc import Sequence

import grpc

from buildings.grpc import buildings_pb2, buildings_pb2_grpc
from clients.session import DEADLINE, DemoError, count, run


def demo(channel: grpc.Channel) -> None:
    stub = buildings_pb2_grpc.BuildingControllerStub(channel)
    for building in first_two(stub.List(buildings_pb2.BuildingListRequest(), timeout=DEADLINE)):
        show_building(building)
        for temperature in stub.StreamBuildingTemperature(wanted(building), timeout=DEADLINE):
            show_temperature(temperature)


async def aio_demo(channel: grpc.aio.Channel) -> None:
    stub = buildings_pb2_grpc.BuildingControllerStub(channel)
    buildings = await stub.List(buildings_pb2.BuildingListRequest(), timeout=DEADLINE)
    one, other = first_two(buildings)

    show_building(one)
    async for temperature in stub.StreamBuildingTemperature(wanted(one), timeout=DEADLINE):
        show_temperature(temperature)

    # The other style: read() returns EOF after the last message.
    show_building(other)
    call = stub.StreamBuildingTemperature(wanted(other), timeout=DEADLINE)
    while (temperature := await call.read()) is not grpc.aio.EOF:
        show_temperature(temperature)


def first_two(
    buildings: buildings_pb2.BuildingListResponse,
) -> list[buildings_pb2.BuildingResponse]:
    if len(buildings.results) < 2:
        raise DemoError(
            f"The server has {count(len(buildings.results), 'building')}, and this demo needs "
            "two. Load some with `make demo-data`."
        )
    return list(buildings.results[:2])


def wanted(
    building: buildings_pb2.BuildingResponse,
) -> buildings_pb2.BuildingStreamBuildingTemperatureRequest:
    return buildings_pb2.BuildingStreamBuildingTemperatureRequest(id=building.id)


def show_building(building: buildings_pb2.BuildingResponse) -> None:
    print(f"StreamBuildingTemperature(id: {building.id})")
    print(
        f"    {building.name}, {building.address}, {building.city}: {building.height_m:g} m, "
        f"{building.floors} floors, opened in {building.opened}"
    )


def show_temperature(temperature: buildings_pb2.TemperatureResponse) -> None:
    bar = "#" * round(temperature.celsius)
    print(f"    {temperature.measured_at}  {temperature.celsius:5.1f} °C  {bar}")


def main(arguments: Sequence[str] | None = None) -> int:
    return run(__doc__, demo, aio_demo, arguments)


if __name__ == "__main__":
    sys.exit(main())
