"""Dates and times as the types that protobuf has for them, over the wire and in contracts."""

import datetime
from types import SimpleNamespace
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import grpc
import pytest
from declared import stub_of
from django.test import override_settings
from django.utils import timezone
from django_socio_grpc import generics, proto_serializers
from django_socio_grpc.codec import decoder, encoder
from django_socio_grpc.contract.introspect import app_spec
from django_socio_grpc.contract.numbers import assign
from django_socio_grpc.contract.protoc import parse
from django_socio_grpc.contract.render import render
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.schema.types import model_field_type
from django_socio_grpc.testing import Mode
from library.models import Book
from messages import messages
from rest_framework import serializers

PARIS = ZoneInfo("Europe/Paris")
MOMENT = datetime.datetime(2026, 7, 8, 9, 10, 11, 121314, tzinfo=PARIS)
DAY = datetime.date(2026, 2, 3)
SPAN = datetime.timedelta(days=-1, seconds=5, microseconds=7)
pb = messages(
    M="google.protobuf.Timestamp at, google.protobuf.Duration span, google.type.Date day, "
    "repeated google.type.Date days"
)


class Times(proto_serializers.ProtoSerializer):
    at = serializers.DateTimeField(required=False)
    day = serializers.DateField(required=False)
    span = serializers.DurationField(required=False)
    days = serializers.ListField(child=serializers.DateField(), required=False)

    class Meta:
        proto_types: ClassVar[dict[str, str]] = {
            "at": "google.protobuf.Timestamp",
            "day": "google.type.Date",
            "span": "google.protobuf.Duration",
            "days": "google.type.Date",
        }


class Clock(generics.GenericService):
    @grpc_action(request=Times, response=Times)
    def Echo(self, request: Any, context: Any) -> Any:
        serializer = Times(message=request, context={"service": self})
        serializer.is_valid(raise_exception=True)
        self.seen.append(dict(serializer.validated_data))
        return serializer.message

    seen: list[Any] = []


@pytest.fixture(autouse=True)
def _forget() -> None:
    Clock.seen.clear()


def test_values_travel_both_ways(mode: Mode) -> None:
    request = {
        "at": MOMENT,
        "span": SPAN,
        "day": {"year": 2026, "month": 2, "day": 3},
        "days": [{"year": 1, "month": 1, "day": 1}],
    }
    with stub_of(mode, Clock) as stub:
        reply = stub.Echo(**request)
        assert reply == type(reply)(**request)
    (seen,) = Clock.seen
    assert seen == {"at": MOMENT, "span": SPAN, "day": DAY, "days": [datetime.date(1, 1, 1)]}
    assert timezone.is_aware(seen["at"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("at", {"seconds": 253402300800}),  # the year 10000
        ("span", {"seconds": 315576000001}),
        ("day", {"year": 2026, "month": 2, "day": 30}),
        ("day", {}),
        ("days", [{"year": 2026, "month": 1}]),
    ],
)
def test_what_is_out_of_range_is_an_error_of_its_field(mode: Mode, field: str, value: Any) -> None:
    with stub_of(mode, Clock) as stub, pytest.raises(grpc.RpcError) as caught:
        stub.Echo(**{field: value})
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert f'"{field}"' in str(caught.value.details())


# In contracts


class Library(generics.GenericService):
    class BookSerializer(proto_serializers.ModelProtoSerializer):
        due = serializers.SerializerMethodField()
        moments = serializers.SerializerMethodField()

        class Meta:
            model = Book
            fields = ["published", "opens_at", "loan_time", "created", "due", "moments"]

        def get_due(self, book: Book) -> datetime.date | None:
            return None

        def get_moments(self, book: Book) -> list[datetime.datetime]:
            return []

    @grpc_action(response=BookSerializer)
    def Show(self, request: Any, context: Any) -> Any: ...


PLAIN = {
    "published": "optional string",
    "opens_at": "optional string",
    "loan_time": "optional string",
    "created": "string",
    "due": "optional string",
    "moments": "repeated string",
}
WELL_KNOWN = {
    "published": "optional google.type.Date",
    "opens_at": "optional string",
    "loan_time": "optional google.protobuf.Duration",
    "created": "google.protobuf.Timestamp",
    "due": "optional google.type.Date",
    "moments": "repeated google.protobuf.Timestamp",
}


def fields(old: str = "") -> tuple[str, dict[str, str]]:
    spec = assign(app_spec("library", [Library]), parse(old) if old else None)
    (message,) = spec.messages
    return render(spec), {f.name: f"{f.cardinality} {f.type}".strip() for f in message.fields}


def test_new_fields_are_text_unless_the_project_wants_more() -> None:
    assert fields()[1] == PLAIN
    with override_settings(GRPC_FRAMEWORK={"WELL_KNOWN_TYPES": True}):
        assert fields()[1] == WELL_KNOWN


@pytest.mark.parametrize("before", [False, True])
def test_existing_fields_keep_the_type_that_they_have(before: bool) -> None:
    with override_settings(GRPC_FRAMEWORK={"WELL_KNOWN_TYPES": before}):
        old, expected = fields()
    with override_settings(GRPC_FRAMEWORK={"WELL_KNOWN_TYPES": not before}):
        text, found = fields(old)
    assert found == expected
    assert text == old


def test_what_queries_take_is_text_whatever_the_project_wants() -> None:
    column = Book._meta.get_field("published")
    with override_settings(GRPC_FRAMEWORK={"WELL_KNOWN_TYPES": True}):
        assert model_field_type(column) == "string"


# With and without time zones


class Row(serializers.Serializer[Any]):
    at = serializers.DateTimeField()


@pytest.mark.parametrize("use_tz", [True, False])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris"])
def test_a_moment_is_the_same_with_and_without_time_zones(use_tz: bool, zone: str) -> None:
    with override_settings(USE_TZ=use_tz, TIME_ZONE=zone):
        local = MOMENT.replace(tzinfo=None)
        stored = MOMENT if use_tz else local
        message = encoder(Row, pb.M).encode(Row(), SimpleNamespace(at=stored))
        assert message == encoder(Row, pb.M).from_data(Row({"at": stored}).data)
        expected = MOMENT if use_tz else local.replace(tzinfo=ZoneInfo(zone))
        assert message.at.ToDatetime(tzinfo=datetime.UTC) == expected
        serializer = Row(data=decoder(Row(), pb.M, updating=False)(message))
        serializer.is_valid(raise_exception=True)
        assert serializer.validated_data == {"at": stored}
        assert timezone.is_aware(serializer.validated_data["at"]) is use_tz
