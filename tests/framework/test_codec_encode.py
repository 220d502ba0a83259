"""Rows to messages: what a plan reads, and the rows that it leaves to DRF."""

import datetime
from types import SimpleNamespace

import pytest
from django.test import override_settings
from django.utils import timezone
from django_socio_grpc.codec import encoder
from django_socio_grpc.proto_serializers import ModelProtoSerializer, ProtoSerializer
from encoded import encode, pb
from library.models import Book
from messages import messages
from rest_framework import serializers

# What a plan reads


def test_null_is_absent_and_zero_is_not() -> None:
    class Rated(ModelProtoSerializer):
        class Meta:
            model = Book
            fields = ["rating"]

    codec = encoder(Rated, pb.Book)
    assert not codec.encode(Rated(), Book(rating=None)).HasField("rating")
    assert codec.encode(Rated(), Book(rating=0.0)).HasField("rating")


def test_a_field_that_one_side_has_not_is_left_out() -> None:
    class Wide(ProtoSerializer):
        value = serializers.CharField()
        other = serializers.CharField()

    class Narrow(ProtoSerializer):
        pass

    assert encode(Wide, pb.One, SimpleNamespace(value="a", other="b")) == {"value": "a"}
    assert encode(Narrow, pb.One, SimpleNamespace()) == {}


def test_what_is_write_only_is_not_sent() -> None:
    class Secret(ProtoSerializer):
        value = serializers.CharField(write_only=True)

    assert encode(Secret, pb.One, SimpleNamespace(value="a")) == {}


def test_a_source_may_be_a_path_or_a_method() -> None:
    class Paths(ProtoSerializer):
        title = serializers.CharField(source="book.title")
        cover = serializers.CharField(source="upper")

    row = SimpleNamespace(book=SimpleNamespace(title="Emma"), upper=lambda: "EMMA")
    assert encode(Paths, pb.Book, row) == {"title": "Emma", "cover": "EMMA"}


def test_a_source_may_lead_nowhere() -> None:
    class Default(ProtoSerializer):
        value = serializers.CharField(source="a.b", default="none")

    class Skipped(ProtoSerializer):
        value = serializers.CharField(source="a.b", read_only=True)

    assert encode(Default, pb.One, SimpleNamespace(a=None)) == {"value": "none"}
    assert encode(Skipped, pb.One, SimpleNamespace(a=None)) == {}


def test_a_row_may_be_a_dict_even_with_keys_that_dicts_have_as_methods() -> None:
    class Items(ProtoSerializer):
        value = serializers.CharField(source="items")

    assert encode(Items, pb.One, {"items": "a"}) == {"value": "a"}


def test_the_time_zone_of_the_moment_is_used() -> None:
    class At(ProtoSerializer):
        value = serializers.DateTimeField()

    row = SimpleNamespace(value=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    assert encode(At, pb.One, row) == {"value": "2026-01-01T00:00:00Z"}
    with timezone.override("Asia/Tokyo"):
        assert encode(At, pb.One, row) == {"value": "2026-01-01T09:00:00+09:00"}


def test_a_naive_moment_is_one_of_the_current_time_zone() -> None:
    class At(ProtoSerializer):
        value = serializers.DateTimeField()

    row = SimpleNamespace(value=datetime.datetime(2026, 1, 1))
    assert encode(At, pb.One, row) == {"value": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize("micros", [0, 5])
def test_a_project_without_time_zones_has_moments_without_them(micros: int) -> None:
    class At(ProtoSerializer):
        value = serializers.DateTimeField()

    naive = datetime.datetime(999, 1, 1, 12, microsecond=micros)
    with override_settings(USE_TZ=False):
        for value in (naive, naive.replace(tzinfo=datetime.UTC), naive.isoformat()):
            row = SimpleNamespace(value=value)
            assert encode(At, pb.One, row) == {"value": naive.isoformat()}
        serializer = At()
        encoder(At, pb.One).encode(serializer, SimpleNamespace(value=naive))
        assert "fields" not in vars(serializer)


def test_a_changed_setting_changes_the_plan() -> None:
    class At(ProtoSerializer):
        value = serializers.DateField()

    row = SimpleNamespace(value=datetime.date(2026, 1, 2))
    assert encode(At, pb.One, row) == {"value": "2026-01-02"}
    with override_settings(REST_FRAMEWORK={"DATE_FORMAT": "%d/%m"}):
        assert encode(At, pb.One, row) == {"value": "02/01"}
    assert encode(At, pb.One, row) == {"value": "2026-01-02"}


# Rows that the plan cannot take


@pytest.mark.parametrize(
    ("field", "value", "sent"),
    [
        (serializers.IntegerField(), "77", 77),
        (serializers.IntegerField(), 7.9, 7),
        (serializers.IntegerField(), True, 1),
    ],
)
def test_a_value_of_another_type_is_represented_by_drf(
    field: serializers.Field, value: object, sent: object
) -> None:
    cls = type("Odd", (ProtoSerializer,), {"value": field})
    assert encode(cls, pb.Number, SimpleNamespace(value=value)) == {"value": sent}


def test_text_where_a_date_or_a_key_is_expected_is_sent_as_it_is() -> None:
    for field in (serializers.DateField(), serializers.UUIDField(), serializers.TimeField()):
        cls = type("Odd", (ProtoSerializer,), {"value": field})
        assert encode(cls, pb.One, SimpleNamespace(value="2026")) == {"value": "2026"}


def test_a_number_where_a_decimal_is_expected_is_rounded() -> None:
    class Priced(ProtoSerializer):
        value = serializers.DecimalField(max_digits=5, decimal_places=2)

    for value, sent in ((0, "0.00"), (0.1, "0.10"), ("0.129", "0.13")):
        assert encode(Priced, pb.One, SimpleNamespace(value=value)) == {"value": sent}


def test_one_odd_row_among_many_keeps_its_place() -> None:
    class Number(ProtoSerializer):
        value = serializers.IntegerField()

    target = messages(Number="int32 value", Shelf="repeated Number items")
    shelf = target.Shelf(items=[{"value": 0}])
    rows = [SimpleNamespace(value=value) for value in (1, "2", 3, "4")]
    encoder(Number, target.Number).extend(Number(), rows, shelf.items)
    assert [item.value for item in shelf.items] == [0, 1, 2, 3, 4]
