"""Every kind of field, on every type that a contract may have for it, both ways."""

import datetime
import uuid
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django_socio_grpc.codec import decoder, encoder
from django_socio_grpc.proto_serializers import BinaryField
from google.protobuf.json_format import MessageToDict
from library.models import Genre
from messages import messages
from rest_framework import serializers

UTC = datetime.UTC
MOMENT = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
KEY = uuid.UUID(int=7)
JSON: dict[str, Any] = {"a": [1, None, {"b": 1.5}], "c": "é", "d": True, "e": {}, "f": []}
PRICE: Any = {"max_digits": 6, "decimal_places": 2}
GOOGLE = "google.protobuf."


def kind(
    field: serializers.Field,
    proto: str,
    value: Any,
    wire: Any,
    data: Any = None,
    *,
    one_way: bool = False,
) -> Any:
    """A field, its type in the contract, a row's value, and the same on the wire and as data.

    ``wire`` is what the message holds, in protobuf's JSON form; ``data`` is what DRF validates,
    and defaults to ``wire``. ``one_way`` is for a field that validates to another value.
    """
    values = (field, proto, value, wire, wire if data is None else data)
    way = "one way " if one_way else ""
    # The same in each process: the text of a memoryview has its address.
    shown = bytes(value) if isinstance(value, memoryview) else value
    return pytest.param(*values, id=f"{way}{type(field).__name__} as {proto}, {shown!r}")


KINDS = [
    kind(serializers.CharField(), "string", "text", "text"),
    kind(serializers.CharField(allow_blank=True), "optional string", "", ""),
    kind(serializers.CharField(), "string", Genre.NOVEL, "novel"),
    kind(serializers.CharField(), GOOGLE + "StringValue", "text", "text"),
    kind(serializers.EmailField(), "string", "a@b.org", "a@b.org"),
    kind(serializers.SlugField(), "string", "a-b", "a-b"),
    kind(serializers.URLField(), "string", "http://a.org/", "http://a.org/"),
    kind(serializers.IPAddressField(), "string", "::1", "::1"),
    kind(serializers.UUIDField(), "string", KEY, str(KEY)),
    kind(serializers.UUIDField(format="hex"), "string", KEY, KEY.hex),
    kind(serializers.IntegerField(), "int32", -7, -7),
    kind(serializers.IntegerField(), "optional int32", 0, 0),
    kind(serializers.IntegerField(), "int64", 2**40, str(2**40), 2**40),
    kind(serializers.IntegerField(), "string", 7, "7"),
    kind(serializers.IntegerField(), "double", 7, 7.0, 7.0),
    kind(serializers.IntegerField(), "sint32", -7, -7),
    kind(serializers.IntegerField(), GOOGLE + "Int32Value", 7, 7),
    kind(serializers.IntegerField(min_value=0), "uint32", 7, 7),
    kind(serializers.BigIntegerField(), "int64", 2**62, str(2**62), 2**62),
    kind(serializers.BigIntegerField(coerce_to_string=True), "int64", 5, "5", 5),
    kind(serializers.BigIntegerField(), GOOGLE + "Int64Value", 2**62, str(2**62), 2**62),
    kind(serializers.FloatField(), "double", 0.1, 0.1),
    kind(serializers.FloatField(), "float", 12.3, 12.3),
    kind(serializers.FloatField(), "string", 0.5, "0.5"),
    kind(serializers.FloatField(), GOOGLE + "DoubleValue", 0.5, 0.5),
    kind(serializers.FloatField(), GOOGLE + "FloatValue", 12.3, 12.3),
    kind(serializers.DecimalField(**PRICE), "string", Decimal("12.30"), "12.30"),
    kind(serializers.DecimalField(**PRICE), "string", Decimal("12.3"), "12.30"),
    kind(serializers.DecimalField(**PRICE), "string", Decimal("0.129"), "0.13", one_way=True),
    kind(serializers.DecimalField(**PRICE), "double", Decimal("12.30"), 12.3),
    kind(serializers.DecimalField(**PRICE), "float", Decimal("12.30"), 12.3),
    kind(serializers.DecimalField(**PRICE, coerce_to_string=False), "string", Decimal(1), "1.00"),
    kind(serializers.DecimalField(**PRICE, normalize_output=True), "string", Decimal(3), "3"),
    kind(
        serializers.DecimalField(max_digits=None, decimal_places=None),
        "string",
        Decimal("1.2345"),
        "1.2345",
    ),
    kind(serializers.BooleanField(), "bool", True, True),
    kind(serializers.BooleanField(), "optional bool", False, False),
    kind(serializers.BooleanField(), GOOGLE + "BoolValue", True, True),
    kind(BinaryField(), "bytes", b"\x00\xff", "AP8=", b"\x00\xff"),
    kind(BinaryField(), "bytes", memoryview(b"ab"), "YWI=", b"ab"),
    kind(BinaryField(), GOOGLE + "BytesValue", b"ab", "YWI=", b"ab"),
    kind(serializers.JSONField(binary=True), "bytes", {"a": 1}, "eyJhIjogMX0=", b'{"a": 1}'),
    kind(serializers.DateTimeField(), "string", MOMENT, "2026-01-02T03:04:05.678901Z"),
    kind(
        serializers.DateTimeField(),
        "string",
        MOMENT.astimezone(ZoneInfo("Asia/Tokyo")),
        "2026-01-02T03:04:05.678901Z",
    ),
    kind(serializers.DateTimeField(format="%Y"), "string", MOMENT, "2026", one_way=True),
    kind(
        serializers.DateTimeField(default_timezone=ZoneInfo("Asia/Tokyo")),
        "string",
        MOMENT,
        "2026-01-02T12:04:05.678901+09:00",
    ),
    kind(
        serializers.DateTimeField(),
        GOOGLE + "Timestamp",
        MOMENT,
        "2026-01-02T03:04:05.678901Z",
        MOMENT,
    ),
    kind(
        serializers.DateTimeField(format=None),
        GOOGLE + "Timestamp",
        MOMENT,
        "2026-01-02T03:04:05.678901Z",
        MOMENT,
    ),
    kind(serializers.DateField(), "string", MOMENT.date(), "2026-01-02"),
    kind(serializers.DateField(format="%d.%m."), "string", MOMENT.date(), "02.01.", one_way=True),
    kind(serializers.DateField(), GOOGLE + "StringValue", MOMENT.date(), "2026-01-02"),
    kind(serializers.TimeField(), "string", datetime.time(3, 4), "03:04:00"),
    kind(serializers.TimeField(format=None), "string", datetime.time(3, 4), "03:04:00"),
    kind(serializers.DurationField(), "string", datetime.timedelta(1, 2), "1 00:00:02"),
    kind(
        serializers.DurationField(),
        GOOGLE + "Duration",
        datetime.timedelta(1, 2),
        "86402s",
        datetime.timedelta(1, 2),
    ),
    kind(serializers.ChoiceField(choices=Genre.choices), "string", "novel", "novel"),
    kind(serializers.ChoiceField(choices=Genre.choices), "string", Genre.POEM, "poem"),
    kind(serializers.ChoiceField(choices=[0, 1]), "optional int32", 0, 0),
    kind(serializers.ChoiceField(choices=[0, 1]), "Level", 1, "LOW", 1),
    kind(serializers.ChoiceField(choices=["LOW", "HIGH"]), "Level", "HIGH", "HIGH"),
    kind(serializers.ChoiceField(choices=["a", 1]), "string", 1, "1"),
    kind(serializers.MultipleChoiceField(choices=["a", "b"]), "repeated string", ["b"], ["b"]),
    kind(serializers.JSONField(), GOOGLE + "Value", JSON, JSON),
    kind(serializers.JSONField(), GOOGLE + "Value", [1, "a"], [1, "a"]),
    kind(serializers.JSONField(), GOOGLE + "Value", "text", "text"),
    kind(serializers.JSONField(), GOOGLE + "Value", 1.5, 1.5),
    kind(serializers.JSONField(), GOOGLE + "Value", False, False),
    kind(
        serializers.JSONField(),
        GOOGLE + "Value",
        {"at": MOMENT.date()},
        {"at": "2026-01-02"},
        one_way=True,
    ),
    kind(serializers.JSONField(), GOOGLE + "Struct", JSON, JSON),
    kind(serializers.JSONField(), GOOGLE + "Struct", {}, {}),
    kind(serializers.JSONField(), GOOGLE + "ListValue", [1, [2]], [1, [2]]),
    kind(serializers.DictField(), GOOGLE + "Struct", {"a": 1}, {"a": 1}),
    kind(serializers.DictField(), GOOGLE + "Value", {"a": 1}, {"a": 1}),
    kind(
        serializers.DictField(child=serializers.IntegerField()),
        "map<string:int32>",
        {"a": 1},
        {"a": 1},
    ),
    kind(serializers.DictField(), "map<string:google.protobuf.Value>", {"a": [1]}, {"a": [1]}),
    kind(serializers.HStoreField(), "map<string:string>", {"a": "b"}, {"a": "b"}),
    kind(
        serializers.ListField(child=serializers.IntegerField()), "repeated int32", [1, 2], [1, 2]
    ),
    kind(serializers.ListField(child=serializers.CharField()), "repeated string", (), []),
    kind(
        serializers.ListField(child=serializers.UUIDField()), "repeated string", [KEY], [str(KEY)]
    ),
    kind(
        serializers.ListField(child=serializers.DictField()),
        f"repeated {GOOGLE}Struct",
        [{"a": 1}],
        [{"a": 1}],
    ),
    kind(
        serializers.ListField(child=serializers.ListField(child=serializers.IntegerField())),
        f"repeated {GOOGLE}ListValue",
        [[1, 2], []],
        [[1, 2], []],
    ),
    kind(serializers.ListField(), f"repeated {GOOGLE}Value", [1, None, "a"], [1, None, "a"]),
    kind(serializers.ReadOnlyField(), "string", KEY, str(KEY), one_way=True),
    kind(serializers.ReadOnlyField(), "int32", 7, 7, one_way=True),
    kind(
        serializers.ReadOnlyField(),
        GOOGLE + "Duration",
        datetime.timedelta(0, 1),
        "1s",
        datetime.timedelta(0, 1),
        one_way=True,
    ),
]


def contract(proto: str) -> Any:
    """A message with one field, ``value``, of the type ``proto``."""
    return messages(M=f"{proto} value", enums={"Level": ("LEVEL_UNSPECIFIED", "LOW", "HIGH")}).M


def declare(field: serializers.Field) -> type[serializers.Serializer]:
    return type("OneSerializer", (serializers.Serializer,), {"value": field})


@pytest.mark.parametrize(("field", "proto", "value", "wire", "data"), KINDS)
def test_a_value_is_sent(
    field: serializers.Field, proto: str, value: Any, wire: Any, data: Any
) -> None:
    cls, message_class = declare(field), contract(proto)
    codec = encoder(cls, message_class)
    serializer, row = cls(), SimpleNamespace(value=value)
    message = codec.encode(serializer, row)
    sent = MessageToDict(message, always_print_fields_with_no_presence=True)
    assert sent == {"value": wire}
    assert "fields" not in vars(serializer), "the plan did not take the value"
    assert message == codec.from_data(cls(row).data), "DRF's own way gives another message"


@pytest.mark.parametrize(("field", "proto", "value", "wire", "data"), KINDS)
def test_a_value_is_received(
    field: serializers.Field, proto: str, value: Any, wire: Any, data: Any
) -> None:
    cls, message_class = declare(field), contract(proto)
    message = encoder(cls, message_class).encode(cls(), SimpleNamespace(value=value))
    decode = decoder(cls(), message_class, updating=False)
    received = decode(message_class.FromString(message.SerializeToString()))
    assert received == {"value": data}
    assert type(received["value"]) is type(data)


@pytest.mark.parametrize(
    ("field", "proto", "value", "wire", "data"),
    [case for case in KINDS if "one way" not in str(case.id)],
)
def test_what_is_sent_validates_as_it_was(
    field: serializers.Field, proto: str, value: Any, wire: Any, data: Any
) -> None:
    cls, message_class = declare(field), contract(proto)
    message = encoder(cls, message_class).encode(cls(), SimpleNamespace(value=value))
    serializer = cls(data=decoder(cls(), message_class, updating=False)(message))
    serializer.is_valid(raise_exception=True)
    assert serializer.validated_data == {"value": list(value) if value == () else value}
