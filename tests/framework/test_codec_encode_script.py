"""Rows to messages: the code that is written for a plan."""

import datetime
import decimal
import inspect
import traceback
from types import SimpleNamespace
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from django.utils import timezone
from django_socio_grpc.codec import encoder
from django_socio_grpc.codec.rows import RowPlan
from django_socio_grpc.codec.script import Script
from django_socio_grpc.proto_serializers import ModelProtoSerializer, ProtoSerializer
from encoded import BookSerializer, encode, is_planned, pb
from library.models import Author, Book
from messages import messages
from rest_framework import fields, serializers


class Timed(ProtoSerializer):
    name = serializers.CharField()
    at = serializers.DateTimeField()


timed = messages(Timed="string name, string at", Times="repeated Timed rows")


def unused(row: Any) -> Any:
    raise AssertionError("an instance")


NOON = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)


def script_of(cls: type[serializers.BaseSerializer], message_class: Any) -> Script:
    return RowPlan(cls(), message_class.DESCRIPTOR).rows


def test_the_code_reads_like_code_that_someone_wrote() -> None:
    script = script_of(Timed, timed.Timed)
    assert script.text.partition("def extend")[0] == (
        "def values(row, zone, bound):\n"
        "    v0 = row.name\n"
        "    v1 = row.at\n"
        "    if v1 is not None:\n"
        "        v1 = convert1(v1, zone)\n"
        "    return {'name': v0, 'at': v1}\n"
    )
    assert "            add(name=v0, at=v1)\n" in script.text
    assert inspect.getsource(script.values) == script.text.partition("def extend")[0]


def test_a_traceback_shows_the_line() -> None:
    with pytest.raises(AttributeError) as caught:
        script_of(Timed, timed.Timed).values(SimpleNamespace(name="a"), None, ())
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert last.filename.endswith("test_codec_encode_script.Timed as tests.Timed>")
    assert last.line == "v1 = row.at"


def test_a_second_call_compiles_nothing_and_makes_no_field() -> None:
    author = Author(id=1, name="Jane")
    book = Book(id=1, title="Emma", author=author)
    codec, shelf = encoder(BookSerializer, pb.Book), pb.Shelf()
    serializer, seen = BookSerializer(), SimpleNamespace(tags=[], rating=None)
    seen.id, seen.title, seen.author = book.id, book.title, author
    first = codec.encode(serializer, seen)
    with (
        mock.patch.object(Script, "__init__", side_effect=AssertionError("compiled")),
        mock.patch.object(fields.Field, "__init__", side_effect=AssertionError("a field")),
    ):
        codec = encoder(BookSerializer, pb.Book)
        assert codec.encode(serializer, seen) == first
        codec.extend(serializer, [seen, seen], shelf.books)
        assert codec.encode_all(serializer, [seen, seen]) == [first, first] == list(shelf.books)


def test_columns_are_compiled_once() -> None:
    class Key(ModelProtoSerializer):
        class Meta:
            model = Book
            fields = ["id", "title"]

    codec, row = encoder(Key, pb.Book), (7, "Emma", *range(14))
    assert codec.reads_columns_of(Book)
    first = codec.encode_columns(Key, row, instance=unused)
    with mock.patch.object(Script, "__init__", side_effect=AssertionError("compiled")):
        assert codec.encode_columns(Key, row, instance=unused) == first


def test_words_of_python_and_other_languages_are_names_of_fields() -> None:
    # Python reads the second one as "fi" and the last one as it is.
    names = ["class", "ﬁ", "from", "plain", "né", "__debug__"]
    declared = {name: serializers.CharField() for name in names if name.isascii()}
    sourced = {f"n{n}": serializers.CharField(source=name) for n, name in enumerate(names)}
    cls = type("Words", (ProtoSerializer,), {**declared, **sourced})
    fields = ", ".join(f"string {name}" for name in [*declared, *sourced])
    target = messages(Words=fields, List="repeated Words rows")
    row = SimpleNamespace(**{name: name for name in names})
    expected = {**{name: name for name in declared}}
    expected |= {f"n{n}": name for n, name in enumerate(names)}
    assert encode(cls, target.Words, row) == expected
    several = target.List()
    encoder(cls, target.Words).extend(cls(), [row, row], several.rows)
    assert several.rows[1] == target.Words(**expected)


def test_no_text_gets_into_the_code_but_names() -> None:
    path = "a.b) or print(1"
    cls = type("Bad", (ProtoSerializer,), {"value": serializers.CharField(source=path)})
    assert path.split(".")[1] not in script_of(cls, pb.One).text
    row = SimpleNamespace(a=SimpleNamespace(**{"b) or print(1": "x"}))
    assert encode(cls, pb.One, row) == {"value": "x"}


def test_the_time_zone_is_asked_for_once_in_a_call() -> None:
    rows = [SimpleNamespace(name="a", at=NOON)] * 3
    codec, times = encoder(Timed, timed.Timed), timed.Times()
    current = timezone.get_current_timezone
    with mock.patch.object(timezone, "get_current_timezone", side_effect=current) as asked:
        codec.extend(Timed(), rows, times.rows)
        assert asked.call_count == 1
        assert codec.encode_all(Timed(), rows) == list(times.rows)
        assert asked.call_count == 2
    with timezone.override("Asia/Tokyo"):
        codec.extend(Timed(), rows, times.rows)
    assert [row.at for row in times.rows[2:4]] == [
        "2026-01-01T12:00:00Z",
        "2026-01-01T21:00:00+09:00",
    ]


def test_a_nested_row_has_the_time_zone_of_the_call() -> None:
    class Outer(ProtoSerializer):
        first = Timed()
        rows = Timed(many=True)

    target = messages(Outer="Timed first, repeated Timed rows", Timed="string name, string at")
    row = SimpleNamespace(name="a", at=NOON)
    with timezone.override("Asia/Tokyo"):
        sent = encode(Outer, target.Outer, SimpleNamespace(first=row, rows=[row]))
    tokyo = {"name": "a", "at": "2026-01-01T21:00:00+09:00"}
    assert sent == {"first": tokyo, "rows": [tokyo]}


def test_a_path_that_is_cut_off_by_none_needs_no_drf() -> None:
    class Paths(ProtoSerializer):
        value = serializers.CharField(source="a.b.c", read_only=True)

    codec, serializer = encoder(Paths, pb.One), Paths()
    leaf = SimpleNamespace(c="c")
    for row, sent in (
        (SimpleNamespace(a=None), None),
        (SimpleNamespace(a=SimpleNamespace(b=None)), None),
        (SimpleNamespace(a=SimpleNamespace(b=leaf)), "c"),
    ):
        assert codec.encode(serializer, row) == pb.One(value=sent)
        assert codec.from_data(Paths(row).data) == pb.One(value=sent)
    assert "fields" not in vars(serializer)


@pytest.mark.parametrize("price", [0, 12.3, "1.5", decimal.Decimal("1.005")])
def test_a_price_of_an_instance_that_was_just_made_needs_no_drf(price: Any) -> None:
    class Priced(ProtoSerializer):
        value = serializers.DecimalField(max_digits=5, decimal_places=2)

    serializer, row = Priced(), SimpleNamespace(value=price)
    codec = encoder(Priced, pb.One)
    assert codec.encode(serializer, row) == codec.from_data(Priced(row).data)
    assert "fields" not in vars(serializer)


@pytest.mark.parametrize(
    ("source", "sent"), [("get_genre_display", "Novel"), ("pk", "7"), ("isbn", str(UUID(int=7)))]
)
def test_a_method_and_a_text_of_something_else_need_no_drf(source: str, sent: str) -> None:
    class Made(ModelProtoSerializer):
        value = serializers.CharField(source=source, read_only=True)

        class Meta:
            model = Book
            fields = ("value",)

    serializer, row = Made(), Book(pk=7, genre="novel", isbn=UUID(int=7))
    codec = encoder(Made, pb.One)
    assert codec.encode(serializer, row) == codec.from_data(Made(row).data) == pb.One(value=sent)
    assert "fields" not in vars(serializer)
    assert codec.reads_columns_of(Book) is (source != "get_genre_display")


def test_a_path_that_must_lead_somewhere_is_an_error() -> None:
    class Paths(ProtoSerializer):
        value = serializers.CharField(source="a.b")

    with pytest.raises(AttributeError, match="field `value` on serializer `Paths`"):
        encoder(Paths, pb.One).encode(Paths(), SimpleNamespace(a=None))


def test_a_field_of_bytes_is_not_made_for_each_call() -> None:
    class Covered(ModelProtoSerializer):
        class Meta:
            model = Book
            fields = ["cover"]

    target = messages(Book="bytes cover").Book
    assert is_planned(Covered, target)
    with mock.patch("django_socio_grpc.codec.rows.own_field", side_effect=AssertionError("bound")):
        sent: Any = encoder(Covered, target).encode(Covered(), Book(cover=b"ab"))
    assert sent.cover == b"ab"
