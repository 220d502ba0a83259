"""Rows to messages: serializers, and classes of them, that code has changed at run time."""

import gc
import weakref
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from columns import SyncBooks, fill, serving
from declared import stub_of
from django_socio_grpc.codec import encoder
from django_socio_grpc.proto_serializers import ModelProtoSerializer, ProtoSerializer
from django_socio_grpc.testing import Mode
from encoded import AuthorSerializer, TagSerializer, pb
from library.models import Author, Book
from messages import messages
from rest_framework import serializers


class Nesting(ModelProtoSerializer):
    """Nothing but what its class says, and so with a plan."""

    author = AuthorSerializer(read_only=True)
    tags = TagSerializer(many=True, read_only=True)

    class Meta:
        model = Book
        fields = ("id", "title", "author", "tags")


class Masked(serializers.CharField):
    mask = "*"

    def to_representation(self, value: Any) -> str:
        return self.mask * len(value)


class Shown(ProtoSerializer):
    at = serializers.DateTimeField()
    price = serializers.DecimalField(max_digits=8, decimal_places=2)
    secret = Masked()
    prices = serializers.ListField(child=serializers.DecimalField(max_digits=8, decimal_places=2))
    told = serializers.SerializerMethodField()

    def get_told(self, row: Any) -> str:
        return "told"

    def get_other(self, row: Any) -> str:
        return "other"


shown = messages(
    Shown="string at, string price, string secret, repeated string prices, string told"
).Shown


class Loud(TagSerializer):
    label = serializers.SerializerMethodField()  # type: ignore[assignment]

    def get_label(self, tag: Any) -> str:
        return str(tag.label).upper()


def test_another_serializer_of_nested_rows_is_respected() -> None:
    book = SimpleNamespace(id=1, title="Notes", author=None, tags=[SimpleNamespace(label="a")])
    serializer = Nesting(book)
    serializer.fields["tags"] = Loud(many=True)
    codec = encoder(Nesting, pb.Book)
    assert not codec.has_plan_for(serializer)
    message: Any = codec.from_data(serializer.data)
    assert message.tags[0].label == "A"


listed = messages(Author="int64 id, string name", List="repeated Author results").List

CHANGES: dict[str, Callable[[Any], None]] = {
    "format": lambda fields: setattr(fields["at"], "format", "%Y"),
    "time zone": lambda fields: setattr(fields["at"], "timezone", timezone(timedelta(hours=3))),
    "another field": lambda fields: fields.update(at=serializers.DateTimeField(format="%Y")),
    "places": lambda fields: setattr(fields["price"], "decimal_places", 1),
    "places in a list": lambda fields: setattr(fields["prices"].child, "decimal_places", 1),
    "method": lambda fields: setattr(fields["told"], "method_name", "get_other"),
    "own field": lambda fields: setattr(fields["secret"], "mask", "#"),
    "own method": lambda fields: setattr(fields["price"], "to_representation", lambda value: "1"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_what_someone_changed_in_a_field_is_respected(change: Callable[[Any], None]) -> None:
    row = SimpleNamespace(
        at=datetime(2026, 1, 1, tzinfo=UTC),
        price=Decimal("1.25"),
        secret="abc",
        prices=[Decimal("1.25")],
    )
    serializer, data = Shown(row), Shown(row)
    codec = encoder(Shown, shown)
    first = codec.encode(serializer, row)
    change(serializer.fields)
    change(data.fields)
    expected = codec.from_data(data.data, data)
    assert expected != first
    if codec.has_plan_for(serializer):
        assert codec.encode(serializer, row) == expected
    assert codec.encode(Shown(row), row) == first


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Meta", type("Meta", (), {"model": Author, "fields": ["id"]})),
        ("to_representation", lambda row: {"id": row.pk}),
        ("get_fields", lambda: {"id": serializers.IntegerField()}),
    ],
)
def test_what_one_serializer_was_given_is_respected(name: str, value: Any, *, many: bool) -> None:
    class Bound(AuthorSerializer):
        class Meta(AuthorSerializer.Meta):
            proto_class = pb.Author
            proto_class_list = listed

    author = Author(id=1, name="Ada")
    serializer: Any = Bound([author] if many else author, many=many)
    setattr(serializer.child if many else serializer, name, value)
    sent = serializer.message.results[0] if many else serializer.message
    assert (sent.id, sent.name) == (1, "")


class Trimming(SyncBooks):
    """Who is not known sees no names of authors."""

    auto_related = False
    serializer_class: Any = Nesting

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        serializer = super().get_serializer(*args, **kwargs)
        fields = getattr(serializer, "child", serializer).fields
        fields["author"].fields.pop("name")
        fields["tags"].child.fields.pop("label")
        return serializer


@pytest.mark.django_db(transaction=True)
def test_fields_that_a_handler_takes_from_nested_rows_are_not_sent(mode: Mode) -> None:
    (book,) = fill(1)
    book.tags.create(label="secret")
    with stub_of(mode, serving(Trimming)) as stub:
        (first,) = stub.List().results
        for found in (first, stub.Retrieve(id=book.pk), *stub.Stream()):
            assert found.author.id == book.author_id
            assert not found.author.name
            assert [tag.label for tag in found.tags] == [""]


def sent(cls: Any) -> Any:
    """What a call sends: a serializer of its own, at whose fields nobody has looked."""
    author = Author(id=1, name="Ada")
    book = SimpleNamespace(id=2, title="Notes", author=author, tags=[])
    return encoded_by(cls, book if "tags" in cls().fields else author)


def encoded_by(cls: Any, row: Any) -> str:
    codec = encoder(cls, pb.Book if cls.Meta.model is Book else pb.Author)
    serializer = cls(row)
    if codec.has_plan_for(serializer):
        return str(codec.encode(serializer, row))
    return str(codec.from_data(serializer.data, serializer))


PATCHES: dict[str, Any] = {
    "representation": lambda: mock.patch.object(
        AuthorSerializer, "to_representation", return_value={"name": "patched"}
    ),
    "declared": lambda: mock.patch.dict(
        AuthorSerializer._declared_fields, {"name": serializers.CharField(source="pk")}
    ),
    "fields": lambda: mock.patch.object(AuthorSerializer.Meta, "fields", ["id"]),
    "meta": lambda: mock.patch.object(
        AuthorSerializer, "Meta", type("Meta", (), {"model": Author, "fields": ["id"]})
    ),
}


@pytest.mark.parametrize("cls", [AuthorSerializer, Nesting])
@pytest.mark.parametrize("patch", PATCHES.values(), ids=list(PATCHES))
def test_a_class_may_be_patched_and_mended(cls: Any, patch: Any) -> None:
    first = sent(cls)
    assert "Ada" in first
    for _ in range(2):
        with patch():
            assert "Ada" not in sent(cls)
        assert sent(cls) == first


def test_a_class_that_code_has_made_may_be_patched() -> None:
    made = type("Made", (AuthorSerializer,), {})
    first = sent(made)
    with mock.patch.object(made, "to_representation", return_value={"name": "patched"}):
        assert sent(made) == 'name: "patched"\n'
    assert sent(made) == first


def test_a_class_that_counts_is_compiled_once() -> None:
    class Counted(AuthorSerializer):
        made = 0

    codec = encoder(Counted, pb.Author)
    for number in range(3):
        Counted.made = number
        assert encoder(Counted, pb.Author) is codec


def test_a_class_that_is_made_in_a_call_goes_with_it() -> None:
    def used() -> Any:
        class Passing(AuthorSerializer):
            born = None

        assert "Ada" in encoded_by(Passing, Author(id=1, name="Ada"))
        return weakref.ref(Passing)

    passing = used()
    gc.collect()
    assert passing() is None
