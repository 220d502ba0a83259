"""Enums, and models and serializers whose fields are annotated with them."""

import enum
from typing import Annotated, Any, ClassVar

from django.db import models
from django_socio_grpc import proto_serializers
from rest_framework import serializers


class Size(models.TextChoices):
    """How large it is."""

    SMALL: Annotated[tuple[str, str], "Fits a pocket."] = "s", "small"  # type: ignore[misc]
    LARGE: Annotated[tuple[str, str], ["Fits a shelf,", "or a table."]] = (  # type: ignore[misc]
        "l",
        "large",
    )


class Level(models.IntegerChoices):
    ZERO = 0
    LOW = -5
    HIGH = 7


class Colour(enum.Enum):
    RED = "red", "warm"
    BLUE = "blue", "cold"


class Weather(enum.StrEnum):
    SUN = enum.auto()
    RAIN = enum.auto()


class Sized(models.Model):
    """An abstract parent that annotates its field."""

    size: Annotated[models.CharField, Size] = models.CharField(
        max_length=1, choices=Size, blank=True
    )

    class Meta:
        abstract = True
        app_label = "library"


class Parcel(Sized):  # noqa: DJ008
    id: Any
    objects: ClassVar[models.Manager[Any]] = models.Manager()
    level: Annotated[models.IntegerField, Level] = models.IntegerField(choices=Level, null=True)

    class Meta:
        app_label = "library"
        managed = False


class ParcelSerializer(proto_serializers.ModelProtoSerializer):
    class Meta:
        model = Parcel
        fields = ["size", "level"]


class OrderSerializer(proto_serializers.ProtoSerializer):
    size: Annotated[serializers.ChoiceField, Size] = serializers.ChoiceField(choices=Size.choices)
    level: Annotated[serializers.ChoiceField, Level] = serializers.ChoiceField(
        choices=Level.choices, allow_null=True
    )
    sizes: Annotated[serializers.MultipleChoiceField, Size] = serializers.MultipleChoiceField(
        choices=Size.choices, required=False
    )
    levels: Annotated[serializers.ListField, Level] = serializers.ListField(
        child=serializers.ChoiceField(choices=Level.choices), required=False
    )
