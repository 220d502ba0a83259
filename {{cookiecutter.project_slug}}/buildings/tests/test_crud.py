"""Creating, reading, changing and deleting buildings over the wire, on both servers."""

import json
import math
from typing import Any

import grpc
import pytest
from django.forms.models import model_to_dict

from buildings.grpc import buildings_pb2
from buildings.models import Building

TIMEOUT = 10.0
TORSO: dict[str, Any] = {
    "name": "Turning Torso",
    "address": "Lilla Varvsgatan 14",
    "city": "Malmö",
    "country": "Sweden",
    "height_m": 190.4,
    "floors": 54,
    "opened": 2005,
}


def test_create_stores_a_building(stub: Any) -> None:
    response = stub.Create(buildings_pb2.BuildingRequest(**TORSO), timeout=TIMEOUT)

    stored = Building.objects.get()
    assert response == buildings_pb2.BuildingResponse(id=stored.pk, **TORSO)
    assert model_to_dict(stored, exclude=["id"]) == TORSO


def test_retrieve_returns_one_building(stub: Any, building: Building) -> None:
    response = stub.Retrieve(
        buildings_pb2.BuildingRetrieveRequest(id=building.pk), timeout=TIMEOUT
    )

    assert response == buildings_pb2.BuildingResponse(**model_to_dict(building))


def test_list_returns_every_building(stub: Any, building: Building) -> None:
    torso = Building.objects.create(**TORSO)
    response = stub.List(buildings_pb2.BuildingListRequest(), timeout=TIMEOUT)

    assert [found.id for found in response.results] == [building.pk, torso.pk]


def test_update_replaces_every_field(stub: Any, building: Building) -> None:
    stub.Update(buildings_pb2.BuildingRequest(id=building.pk, **TORSO), timeout=TIMEOUT)

    building.refresh_from_db()
    assert model_to_dict(building, exclude=["id"]) == TORSO


def test_partial_update_changes_only_the_fields_that_it_names(
    stub: Any, building: Building
) -> None:
    request = buildings_pb2.BuildingPartialUpdateRequest(
        id=building.pk, height_m=311.5, floors=1, _partial_update_fields=["height_m"]
    )
    response = stub.PartialUpdate(request, timeout=TIMEOUT)

    building.refresh_from_db()
    assert response.height_m == building.height_m == 311.5
    assert response.floors == building.floors == 53


def test_destroy_deletes_the_building(stub: Any, building: Building) -> None:
    stub.Destroy(buildings_pb2.BuildingDestroyRequest(id=building.pk), timeout=TIMEOUT)

    assert not Building.objects.exists()


@pytest.mark.parametrize("rpc", ["Retrieve", "Destroy"])
def test_an_unknown_id_is_not_found(stub: Any, rpc: str) -> None:
    request = getattr(buildings_pb2, f"Building{rpc}Request")(id=404)
    with pytest.raises(grpc.RpcError) as caught:
        getattr(stub, rpc)(request, timeout=TIMEOUT)

    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "", "blank"),
        ("city", "x" * 81, "max_length"),
        ("floors", 0, "min_value"),
        ("floors", -3, "min_value"),
        ("opened", 0, "min_value"),
        ("height_m", 0.0, "min_value"),
        ("height_m", math.inf, "invalid"),
        ("height_m", math.nan, "invalid"),
    ],
)
def test_invalid_fields_are_named_with_the_reason(
    stub: Any, field: str, value: Any, code: str
) -> None:
    request = buildings_pb2.BuildingRequest(**{**TORSO, field: value})
    with pytest.raises(grpc.RpcError) as caught:
        stub.Create(request, timeout=TIMEOUT)

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    errors = json.loads(caught.value.details() or "")
    assert list(errors) == [field]
    assert code in [error["code"] for error in errors[field]]
    assert not Building.objects.exists()


def test_a_city_has_one_building_of_a_name(stub: Any) -> None:
    Building.objects.create(**TORSO)
    with pytest.raises(grpc.RpcError) as caught:
        stub.Create(buildings_pb2.BuildingRequest(**TORSO), timeout=TIMEOUT)

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert json.loads(caught.value.details() or "")["non_field_errors"][0]["code"] == "unique"
