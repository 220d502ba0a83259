"""What travels between the buildings service and its clients."""

from django_socio_grpc import proto_serializers
from rest_framework import serializers

from buildings.models import Building, Temperature


class BuildingProtoSerializer(proto_serializers.ModelProtoSerializer):
    """A building that stands somewhere in the world."""

    class Meta:
        model = Building
        fields = ["id", "name", "address", "city", "country", "height_m", "floors", "opened"]


class TemperatureProtoSerializer(proto_serializers.ModelProtoSerializer):
    """The temperature of the air at a building, at one moment."""

    class Meta:
        model = Temperature
        fields = ["building", "celsius", "measured_at"]


class UploadReportProtoSerializer(proto_serializers.ProtoSerializer):
    """How many of the uploaded temperatures met with which outcome."""

    recorded = serializers.IntegerField(help_text="Stored.")
    duplicate = serializers.IntegerField(help_text="The building has one of that moment already.")
    unknown_building = serializers.IntegerField(help_text="There is no building with that id.")
    invalid = serializers.IntegerField(help_text="Not a plausible temperature, or not a date.")
