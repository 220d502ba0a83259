"""What travels of a sample."""

from typing import Annotated

from django_socio_grpc import proto_serializers
from rest_framework import serializers

from faulty.models import Sample


class SampleProtoSerializer(proto_serializers.ModelProtoSerializer):
    grade: Annotated[serializers.ChoiceField, Sample.Grade] = serializers.ChoiceField(
        Sample.Grade.choices, required=False
    )

    class Meta:
        model = Sample
        fields = [
            "id",
            "name",
            "text",
            "small",
            "count",
            "ratio",
            "price",
            "at",
            "day",
            "grade",
            "data",
        ]
