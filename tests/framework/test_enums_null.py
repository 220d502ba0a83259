"""Enums and null: the number 0 says that there is no value, also where a field may be absent."""

from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from compiled import compile_to_descriptors
from django_socio_grpc.codec import encoder
from django_socio_grpc.proto_serializers import ProtoSerializer
from enums import Level, Parcel, ParcelSerializer
from google.protobuf.message_factory import GetMessageClass
from rest_framework import serializers

pb = compile_to_descriptors(
    """
    syntax = "proto3";
    package nulls;
    enum Level { LEVEL_UNSPECIFIED = 0; ZERO = 1; LOW = 2; HIGH = 3; }
    message Parcel { string size = 1; optional Level level = 2; }
    message Row { optional Level level = 1; optional Level other = 2; }
    message Chosen { oneof by { Level level = 1; string text = 2; } }
    """
)


class OwnChoice(serializers.ChoiceField):
    """One that is represented by DRF."""


def message_class(name: str) -> Any:
    return GetMessageClass(pb.message_types_by_name[name])


def sent(cls: Any, name: str, row: Any) -> Any:
    """The message of ``row``, made in all the ways there are."""
    codec = encoder(cls, message_class(name))
    message = codec.encode(cls(), row)
    assert message == codec.from_data(cls(row).data, cls(row))
    return message


def values(message: Any) -> list[Any]:
    """The fields of ``message``, None for one that is absent."""
    return [
        getattr(message, field.name) if message.HasField(field.name) else None
        for field in message.DESCRIPTOR.fields
        if field.has_presence
    ]


def test_null_of_a_column() -> None:
    assert values(sent(ParcelSerializer, "Parcel", Parcel(size="s", level=None))) == [0]
    assert values(sent(ParcelSerializer, "Parcel", Parcel(size="s", level=0))) == [1]


@pytest.mark.parametrize("kind", [serializers.ChoiceField, OwnChoice])
@pytest.mark.parametrize(
    ("at", "levels"),
    [
        (SimpleNamespace(level=7, other=7), [3, 3]),
        (SimpleNamespace(level=None, other=None), [0, 0]),
        (None, [0, None]),
    ],
)
def test_null_is_sent_and_what_is_not_there_is_absent(kind: Any, at: Any, levels: Any) -> None:
    class RowSerializer(ProtoSerializer):
        level: Annotated[serializers.ChoiceField, Level] = kind(
            choices=Level.choices, allow_null=True, source="at.level"
        )
        other: Annotated[serializers.ChoiceField, Level] = kind(
            choices=Level.choices, required=False, source="at.other"
        )

    assert values(sent(RowSerializer, "Row", SimpleNamespace(at=at))) == levels


@pytest.mark.parametrize(
    ("row", "chosen"),
    [({"level": None, "text": None}, None), ({"level": None, "text": "a"}, "text")],
)
def test_null_sets_no_field_of_a_oneof(row: Any, chosen: str | None) -> None:
    class ChosenSerializer(ProtoSerializer):
        level: Annotated[serializers.ChoiceField, Level] = serializers.ChoiceField(
            choices=Level.choices, allow_null=True
        )
        text = serializers.CharField(allow_null=True)

    message = sent(ChosenSerializer, "Chosen", SimpleNamespace(**row))
    assert message.WhichOneof("by") == chosen
