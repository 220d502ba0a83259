"""Properties of the codec: whatever a row holds, what is sent validates to the same."""

import datetime
import math
import string
import struct
from types import SimpleNamespace
from typing import Any, ClassVar
from unittest.mock import Mock

import pytest
from compiled import compile_to_descriptors
from django_socio_grpc.codec import decoder, encoder
from django_socio_grpc.contract.introspect import app_spec
from django_socio_grpc.contract.numbers import assign
from django_socio_grpc.contract.render import render
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.generics import GenericService
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from library.models import Book, Genre
from messages import messages
from rest_framework import serializers

quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
words = texts.map(str.strip).filter(bool)  # as CharField has them
finite = st.floats(allow_nan=False, allow_infinity=False)
moments = st.datetimes(
    # A day from both ends, which another time zone may go beyond.
    min_value=datetime.datetime(1, 1, 2),
    max_value=datetime.datetime(9999, 12, 30),
    timezones=st.just(datetime.UTC),
)
spans = st.timedeltas(
    min_value=datetime.timedelta(days=-3_652_499), max_value=datetime.timedelta(days=3_652_499)
)
prices = st.decimals(min_value=-999_999, max_value=999_999, places=2, allow_nan=False)
json_numbers = st.integers(-(2**53), 2**53) | finite
json_values = st.recursive(
    st.none() | st.booleans() | json_numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def declare(**fields: Any) -> Any:
    return type("Declared", (serializers.Serializer,), fields)


def round_trip(cls: Any, target: Any, row: Any) -> Any:
    """``row`` as a message, over the wire, and validated again."""
    codec = encoder(cls, target)
    message = codec.encode(cls(), row)
    assert message == codec.from_data(cls(row).data), "DRF's own way gives another message"
    received = target.FromString(message.SerializeToString())
    serializer = cls(data=decoder(cls(), target, updating=False)(received))
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


# A model's rows


class BookSerializer(ModelProtoSerializer):
    class Meta:
        model = Book
        # Those that refer to others would ask the database.
        exclude = ["id", "author", "tags", "created"]
        extra_kwargs: ClassVar[Any] = {"isbn": {"validators": []}}


class BookService(GenericService):
    @grpc_action(request=BookSerializer, response=BookSerializer)
    def Put(self, request: Any, context: Any) -> Any: ...


FILE = compile_to_descriptors(render(assign(app_spec("library", [BookService]), None)))
REQUEST = GetMessageClass(FILE.message_types_by_name["BookRequest"])

books = st.builds(
    Book,
    title=words,
    isbn=st.uuids(),
    genre=st.sampled_from(Genre),
    pages=st.integers(0, 2**31 - 1),
    price=prices,
    rating=st.none() | finite,
    available=st.booleans(),
    published=st.none() | st.dates(),
    opens_at=st.none() | st.times(),
    loan_time=st.none() | spans,
    extra=json_values,
    cover=st.binary(max_size=30),
    note=st.none() | words,
)


@quick
@given(books)
def test_any_book_validates_to_itself(book: Book) -> None:
    assume(book.extra is not None)  # its column has no null
    values = round_trip(BookSerializer, REQUEST, book)
    assert values == {name: getattr(book, name) for name in values}
    assert values.keys() == BookSerializer().fields.keys()


@quick
@given(books)
def test_any_book_is_sent_alike_by_its_columns(book: Book) -> None:
    codec, serializer = encoder(BookSerializer, REQUEST), BookSerializer()
    assert codec.reads_columns_of(Book)
    row = [getattr(book, column.attname) for column in Book._meta.concrete_fields]
    unused = Mock(side_effect=AssertionError)
    message = codec.encode_columns(unused, row, instance=unused)
    assert message == codec.encode(serializer, book)


# Kinds of fields, each on the types that a contract may have for it

KINDS: list[tuple[str, Any, str, Any]] = [
    ("int32", serializers.IntegerField(), "int32", st.integers(-(2**31), 2**31 - 1)),
    ("sint32", serializers.IntegerField(), "sint32", st.integers(-(2**31), 2**31 - 1)),
    ("int64", serializers.BigIntegerField(), "int64", st.integers(-(2**63), 2**63 - 1)),
    ("uint32", serializers.IntegerField(min_value=0), "uint32", st.integers(0, 2**32 - 1)),
    ("uint64", serializers.BigIntegerField(), "uint64", st.integers(0, 2**64 - 1)),
    ("number as text", serializers.BigIntegerField(), "string", st.integers()),
    ("optional int32", serializers.IntegerField(allow_null=True), "optional int32", st.none()),
    ("double", serializers.FloatField(), "double", finite),
    (
        "decimal",
        serializers.DecimalField(max_digits=8, decimal_places=2),
        "string",
        prices,
    ),
    (
        "decimal as double",
        serializers.DecimalField(max_digits=8, decimal_places=2),
        "double",
        prices,
    ),
    ("text", serializers.CharField(allow_blank=True, trim_whitespace=False), "string", texts),
    ("bool", serializers.BooleanField(), "bool", st.booleans()),
    ("uuid", serializers.UUIDField(), "string", st.uuids()),
    ("timestamp", serializers.DateTimeField(), "google.protobuf.Timestamp", moments),
    ("moment", serializers.DateTimeField(), "string", moments),
    ("date", serializers.DateField(), "google.type.Date", st.dates()),
    ("duration", serializers.DurationField(), "google.protobuf.Duration", spans),
    ("span", serializers.DurationField(), "string", spans),
    ("json", serializers.JSONField(allow_null=True), "google.protobuf.Value", json_values),
    (
        "struct",
        serializers.JSONField(),
        "google.protobuf.Struct",
        st.dictionaries(texts, json_values, max_size=4),
    ),
    (
        "list of json",
        serializers.ListField(child=serializers.JSONField(allow_null=True)),
        "repeated google.protobuf.Value",
        st.lists(json_values, max_size=4),
    ),
    (
        "map",
        serializers.DictField(child=serializers.IntegerField()),
        "map<string:int32>",
        st.dictionaries(texts, st.integers(-(2**31), 2**31 - 1), max_size=5),
    ),
    (
        "map of moments",
        serializers.DictField(child=serializers.DateTimeField()),
        "map<string:google.protobuf.Timestamp>",
        st.dictionaries(texts, moments, max_size=3),
    ),
    (
        "map of spans",
        serializers.DictField(child=serializers.DurationField()),
        "map<string:google.protobuf.Duration>",
        st.dictionaries(texts, spans, max_size=3),
    ),
]


@pytest.mark.parametrize(
    ("field", "proto", "values"), [kind[1:] for kind in KINDS], ids=[kind[0] for kind in KINDS]
)
def test_any_value_of_a_kind_validates_to_itself(field: Any, proto: str, values: Any) -> None:
    cls, target = declare(value=field), messages(M=f"{proto} value").M

    @quick
    @given(values)
    def check(value: Any) -> None:
        found = round_trip(cls, target, SimpleNamespace(value=value)).get("value")
        assert found == value
        # A number of a Struct is a double, and a whole one is told as an int.
        assert isinstance(found, bool) is isinstance(value, bool)

    check()


@quick
@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_32_bit_float_is_the_same_32_bit_float(value: float) -> None:
    cls, target = declare(value=serializers.FloatField()), messages(M="float value").M
    found = round_trip(cls, target, SimpleNamespace(value=value))["value"]
    assert struct.pack("f", found) == struct.pack("f", value)
    assert len(repr(found)) <= len(repr(value))


@pytest.mark.parametrize("proto", ["double", "float", "string"])
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_float_without_a_value_is_sent_and_not_taken(proto: str, value: float) -> None:
    cls, target = declare(value=serializers.FloatField()), messages(M=f"{proto} value").M
    message: Any = encoder(cls, target).encode(cls(), SimpleNamespace(value=value))
    assert repr(float(message.value)) == repr(value)
    serializer = cls(data=decoder(cls(), target, updating=False)(message))
    assert not serializer.is_valid()
    assert list(serializer.errors) == ["value"]


@pytest.mark.parametrize(
    ("field", "proto", "value"),
    [
        (serializers.IntegerField(), "int32", 2**31),
        (serializers.IntegerField(), "int32", -(2**31) - 1),
        (serializers.BigIntegerField(), "int64", 2**63),
        (serializers.IntegerField(), "uint32", -1),
        (serializers.IntegerField(), "uint64", 2**64),
    ],
    ids=str,
)
def test_a_number_beyond_its_type_is_an_error_that_names_the_field(
    field: Any, proto: str, value: int
) -> None:
    cls, target = declare(value=field), messages(M=f"{proto} value").M
    with pytest.raises(ValueError, match=r"tests\.M\.value"):
        encoder(cls, target).encode(cls(), SimpleNamespace(value=value))


# What a message has and its serializer has not


@quick
@given(
    st.dictionaries(st.text(string.ascii_lowercase, min_size=1), json_values, max_size=5), words
)
def test_keys_that_the_message_has_not_are_kept_out(extra: dict[str, Any], text: str) -> None:
    cls = declare(text=serializers.CharField())
    target = messages(M="string text, string other").M
    data = {**extra, "text": text}
    data.pop("other", None)
    assert encoder(cls, target).from_data(data) == target(text=text)


@quick
@given(texts, st.integers(0, 2**31 - 1))
def test_fields_that_the_serializer_has_not_are_kept_out(other: str, unknown: int) -> None:
    cls = declare(text=serializers.CharField())
    wide = messages(M="string text, string other, int32 unknown").M
    narrow = messages(M="string text, string other").M
    raw = wide(text="t", other=other, unknown=unknown).SerializeToString()
    assert decoder(cls(), narrow, updating=False)(narrow.FromString(raw)) == {"text": "t"}
