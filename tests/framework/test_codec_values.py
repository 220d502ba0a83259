"""What a proto type carries when a field represents its values in a way of its own."""

import datetime
import math
import uuid
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django_socio_grpc.codec import CodecError, encoder
from django_socio_grpc.proto_serializers import BaseProtoSerializer, ProtoSerializer
from django_socio_grpc.schema.types import wire_type
from django_socio_grpc.schema.values import PROTO_VALUES
from library.models import Author, Book
from messages import messages
from rest_framework import serializers

GOOGLE = "google.protobuf."
MOMENT = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (MOMENT, "2026-01-02T03:04:05.678901Z"),
        (MOMENT.replace(tzinfo=None), "2026-01-02T03:04:05.678901"),
        (MOMENT.date(), "2026-01-02"),
        (MOMENT.time(), "03:04:05.678901"),
        (datetime.timedelta(1, 2, 3), "1 00:00:02.000003"),
        (b"bytes", "bytes"),
        (uuid.UUID(int=1), str(uuid.UUID(int=1))),
        (Decimal("1.50"), "1.50"),
        (True, "true"),
        ([1, "a", None], '[1, "a", null]'),
        ({"at": MOMENT.date()}, '{"at": "2026-01-02"}'),
    ],
    ids=repr,
)
def test_text_of_any_value(value: object, text: str) -> None:
    assert PROTO_VALUES["string"].encode(value) == text


@pytest.mark.parametrize(
    ("proto", "value", "said"),
    [
        ("string", None, "None is not text"),
        ("int32", 1.5, "not a whole number"),
        ("int32", "x", "invalid literal"),
        ("double", "x", "could not convert"),
        ("bytes", "not base64!", "base64"),
        (GOOGLE + "Timestamp", "yesterday", "not a moment in ISO 8601"),
        (GOOGLE + "Timestamp", MOMENT.date(), "not a moment in ISO 8601"),
        (GOOGLE + "Duration", "long", "not a duration"),
        (GOOGLE + "Struct", [1], "not a dict"),
        (GOOGLE + "ListValue", {"a": 1}, "not a list"),
        (GOOGLE + "Value", object(), "not JSON serializable"),
    ],
)
def test_what_a_type_cannot_carry(proto: str, value: object, said: str) -> None:
    with pytest.raises((TypeError, ValueError), match=said):
        PROTO_VALUES[proto].encode(value)


@pytest.mark.parametrize(
    ("proto", "value", "carried"),
    [
        (GOOGLE + "Timestamp", "2026-01-02T03:04:05.678901Z", MOMENT),
        (GOOGLE + "Timestamp", "2026-01-02T03:04:05.678901", MOMENT),
        (GOOGLE + "Duration", "P1DT2S", datetime.timedelta(1, 2)),
        ("bytes", "AP8=", b"\x00\xff"),
        ("int64", "9007199254740993", 2**53 + 1),
        ("int32", Decimal("7.0"), 7),
        (GOOGLE + "ListValue", {7}, [7]),
        (GOOGLE + "Value", Decimal("1.5"), {"number_value": 1.5}),
    ],
)
def test_what_a_type_makes_of_text_and_other_values(
    proto: str, value: object, carried: object
) -> None:
    assert PROTO_VALUES[proto].encode(value) == carried


@pytest.mark.parametrize(
    "value", [0.1, 12.3, 1e-40, 3.4028234663852886e38, -7.0, 16777217.0, 1 / 3]
)
def test_a_float_is_the_shortest_of_the_same_value(value: float) -> None:
    target = messages(M="float value").M
    received = target(value=value).value
    short = PROTO_VALUES["float"].decode(received)
    assert target(value=short).value == received
    assert len(repr(short)) <= len(repr(received))


def test_a_float_may_be_no_number() -> None:
    decode = PROTO_VALUES["float"].decode
    assert decode(math.inf) == math.inf
    assert math.isnan(decode(math.nan))


def test_a_slug_may_be_a_property_and_a_relation_unknown() -> None:
    slug = serializers.SlugRelatedField(slug_field="nothing", queryset=Author.objects)

    class Plain(ProtoSerializer):
        pk: Any = serializers.PrimaryKeyRelatedField(read_only=True)

    assert wire_type(slug).proto == "string"
    assert wire_type(Plain().fields["pk"]).proto == "string"


def test_keys_may_be_represented_by_a_field_of_their_own() -> None:
    class Keys(serializers.ModelSerializer):
        keys: Any = serializers.PrimaryKeyRelatedField(
            source="author", read_only=True, pk_field=serializers.CharField()
        )

        class Meta:
            model = Book
            fields = ["keys"]

    target = messages(M="optional string keys").M
    codec = encoder(Keys, target)
    serializer = Keys()
    assert codec.encode(serializer, Book(author_id=7)) == target(keys="7")
    assert codec.encode(serializer, Book()) == target()
    assert "fields" not in vars(serializer)


def test_relations_of_a_row_that_is_no_model() -> None:
    class Loose(ProtoSerializer):
        one: Any = serializers.PrimaryKeyRelatedField(read_only=True)
        many: Any = serializers.PrimaryKeyRelatedField(read_only=True, many=True)
        skipped: Any = serializers.StringRelatedField()

    target = messages(M="int64 one, repeated int64 many, optional string skipped").M
    pk = SimpleNamespace(pk=7)
    message = encoder(Loose, target).encode(Loose(), SimpleNamespace(one=pk, many=[pk, pk]))
    assert message == target(one=7, many=[7, 7])


def test_data_may_be_a_message_and_must_be_one_or_a_dict() -> None:
    target = messages(M="string value").M

    class Free(BaseProtoSerializer):
        class Meta:
            proto_class = target

        def to_representation(self, instance: Any) -> Any:
            return instance

    ready = target(value="a")
    assert Free(ready).message is ready
    with pytest.raises(CodecError, match=r"tests\.M cannot carry \[1\]: a message is made from"):
        _ = Free([1]).message
    with pytest.raises(CodecError) as caught:
        _ = Free(["x" * 100_000]).message
    assert len(str(caught.value)) < 300
