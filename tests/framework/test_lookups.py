"""Objects whose primary key is a relation: rows of a child model, and one-to-one keys."""

from typing import Any

import pytest
from adopted import Adopted
from declared import stub_of
from django.db import models
from django_socio_grpc import generics
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.testing import Mode, serve
from example_models import Example


class Vehicle(Example):
    wheels = models.IntegerField(default=4)


class Truck(Vehicle):
    load = models.IntegerField()


class Plate(Example):
    vehicle = models.OneToOneField(Vehicle, models.CASCADE, primary_key=True)
    text = models.CharField(max_length=9)


class TruckProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Truck
        fields = "__all__"


class PlateProtoSerializer(ModelProtoSerializer):
    class Meta:
        model = Plate
        fields = "__all__"


class TruckService(generics.AsyncModelService):
    queryset = Truck.objects.all()
    serializer_class = TruckProtoSerializer


class PlateService(generics.AsyncModelService):
    queryset = Plate.objects.all()
    serializer_class = PlateProtoSerializer


@pytest.mark.django_db(transaction=True)
def test_a_row_of_a_child_model_is_looked_up_by_the_key_that_its_serializer_has(
    mode: Mode,
) -> None:
    with stub_of(mode, TruckService) as stub:
        truck = stub.Create(wheels=6, load=12)
        assert stub.Retrieve(id=truck.id) == truck
        assert stub.Update(id=truck.id, wheels=8, load=1).wheels == 8
        stub.Destroy(id=truck.id)
    assert not Vehicle.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_old_client_looks_up_by_text_what_has_a_number_for_its_key(mode: Mode) -> None:
    existing = """\
        syntax = "proto3";
        package backend.plates;
        service PlateController {
            rpc Retrieve(PlateRetrieveRequest) returns (PlateResponse) {}
        }
        message PlateRetrieveRequest {
            string vehicle = 1;
        }
        message PlateResponse {
            string vehicle = 1;
            string text = 2;
        }
    """
    adopted = Adopted(existing, PlateService)
    assert adopted.changes() == []
    plate: Any = Plate.objects.create(vehicle=Vehicle.objects.create(), text="A 1")
    with serve(mode, adopted.hook) as server, server.channel() as channel:
        reply = adopted.old_stub(channel, "PlateController").Retrieve(vehicle=str(plate.pk))
    assert (reply.vehicle, reply.text) == (str(plate.pk), "A 1")
