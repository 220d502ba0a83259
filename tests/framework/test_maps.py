"""Dicts whose values have a type as maps, in contracts and over the wire."""

import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from declared import stub_of
from django_socio_grpc import generics
from django_socio_grpc.codec import decoder, encoder
from django_socio_grpc.contract.introspect import app_spec
from django_socio_grpc.contract.numbers import assign
from django_socio_grpc.contract.protoc import parse
from django_socio_grpc.contract.render import render
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ProtoRegistrationError
from django_socio_grpc.proto_serializers import ProtoSerializer
from django_socio_grpc.schema.model import STRUCT
from django_socio_grpc.testing import Mode
from editions import fields_of, lines
from messages import messages
from rest_framework import serializers


def integers(**kwargs: Any) -> Any:
    return serializers.DictField(child=serializers.IntegerField(), **kwargs)


class Part(ProtoSerializer):
    name = serializers.CharField()
    weight = serializers.FloatField(allow_null=True)


class Box(ProtoSerializer):
    counts = integers()
    parts = serializers.DictField(child=Part(), required=False)
    tags = serializers.DictField(child=serializers.ListField(), required=False)


class BoxService(generics.GenericService):
    @grpc_action(request=Box, response=Box)
    def Echo(self, request: Any, context: Any) -> Any:
        serializer = Box(message=request, context={"service": self})
        serializer.is_valid(raise_exception=True)
        self.seen.append(serializer.validated_data)
        return serializer.message

    @grpc_action(
        request=[{"name": "counts", "type": "map<string,int32>"}],
        response=[{"name": "sum", "type": "int32"}],
    )
    def Sum(self, request: Any, context: Any) -> Any:
        answer: Any = self.pb.BoxSumResponse  # type: ignore[attr-defined]
        return answer(sum=sum(request.counts.values()))

    seen: list[Any] = []


def test_typed_values_make_a_map() -> None:
    assert lines(fields_of(Box())) == {
        "counts": "map<string, int32>",
        "parts": "map<string, Part>",
        "tags": "map<string, google.protobuf.ListValue>",
    }


@pytest.mark.parametrize(
    "field",
    [
        serializers.DictField(),
        serializers.DictField(child=serializers.IntegerField(allow_null=True)),
        serializers.HStoreField(),
    ],
    ids=repr,
)
def test_values_of_any_type_or_null_stay_a_struct(field: Any) -> None:
    cls = type("One", (serializers.Serializer,), {"a": field})
    assert lines(fields_of(cls())) == {"a": STRUCT}


def test_a_dict_that_may_be_null_stays_a_struct() -> None:
    cls = type("One", (serializers.Serializer,), {"a": integers(allow_null=True)})
    assert lines(fields_of(cls())) == {"a": f"optional {STRUCT}"}


def test_maps_travel_both_ways(mode: Mode) -> None:
    with stub_of(mode, BoxService) as stub:
        request = {
            "counts": {"a": 1, "b": 0},
            "parts": {"x": {"name": "n", "weight": 1.5}, "y": {"name": "m"}},
            "tags": {"t": {"values": [{"string_value": "u"}, {"number_value": 1}]}},
        }
        reply = stub.Echo(**request)
        assert reply == type(reply)(**request)
        assert stub.Sum(counts={"a": 2, "b": 3}).sum == 5
    assert BoxService.seen.pop() == {
        "counts": {"a": 1, "b": 0},
        "parts": {"x": {"name": "n", "weight": 1.5}, "y": {"name": "m", "weight": None}},
        "tags": {"t": ["u", 1]},
    }


def test_a_value_that_is_null_is_left_out_of_a_map() -> None:
    pb = messages(M="map<string:int32> counts")
    message: Any = encoder(Box, pb.M).encode(Box(), SimpleNamespace(counts={"a": 1, "b": None}))
    assert dict(message.counts) == {"a": 1}


@pytest.mark.parametrize("old", ["map<string, int32>", STRUCT])
def test_a_contract_keeps_the_type_that_it_has(old: str) -> None:
    before = parse(
        'syntax = "proto3"; package library; import "google/protobuf/struct.proto";'
        "service BoxController { rpc Echo(BoxRequest) returns (BoxRequest) {} }"
        f"message BoxRequest {{ {old} counts = 7; }}"
    )
    cls = type("Box", (ProtoSerializer,), {"counts": integers()})
    ask = grpc_action(request=cls, response="BoxRequest", request_name="BoxRequest")
    service = type(
        "BoxService",
        (generics.GenericService,),
        {"Echo": ask(lambda self, request, context: None)},
    )
    assert f"    {old} counts = 7;\n" in render(assign(app_spec("library", [service]), before))


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ({"type": "map<float, int32>"}, "Write a map as 'map<string, int32>'"),
        ({"type": "map<string>"}, "Write a map as 'map<string, int32>'"),
        ({"type": "map<string, int32>", "cardinality": "repeated"}, "is a map.*'repeated'"),
    ],
)
def test_a_map_that_cannot_be_is_refused(declared: Any, text: str) -> None:
    ask = grpc_action(request=[{"name": "a", **declared}])(lambda self, request, context: None)
    service = type("BoxService", (generics.GenericService,), {"Ask": ask})
    with pytest.raises(ProtoRegistrationError, match=text):
        app_spec("library", [service])


def test_a_message_of_a_map_knows_its_own_fields() -> None:
    pb = messages(M="map<string:Part> parts", Part="string name, optional double weight")
    message = pb.M(parts={"x": {"name": "n"}})
    data = decoder(Box(), pb.M, updating=False)(message)
    assert data["parts"] == {"x": {"name": "n", "weight": None}}


MOMENT = datetime.datetime(1969, 12, 31, 23, 59, 58, 123456, tzinfo=datetime.UTC)
SPAN = datetime.timedelta(seconds=-1.5)


@pytest.mark.parametrize(
    ("child", "proto", "value"),
    [
        (serializers.DictField(), STRUCT, {"a": [None, {"b": 1.5}]}),
        (serializers.JSONField(), "google.protobuf.Value", None),
        (serializers.ListField(), "google.protobuf.ListValue", [1, [2], "x"]),
        (serializers.DateTimeField(), "google.protobuf.Timestamp", MOMENT),
        (serializers.DurationField(), "google.protobuf.Duration", SPAN),
        (serializers.DateField(), "google.type.Date", datetime.date(2026, 1, 2)),
        (serializers.IntegerField(), "google.protobuf.Int64Value", 2**40),
        (serializers.BooleanField(), "bool", False),
    ],
    ids=repr,
)
def test_values_of_every_kind_travel_in_a_map(child: Any, proto: str, value: Any) -> None:
    cls = type("One", (serializers.Serializer,), {"a": serializers.DictField(child=child)})
    pb = messages(M=f"map<string:{proto}> a")
    message = encoder(cls, pb.M).encode(cls(), SimpleNamespace(a={"k": value}))
    assert decoder(cls(), pb.M, updating=False)(message) == {"a": {"k": value}}
