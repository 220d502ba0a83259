"""Serializers with messages: input, output, lists, async twins."""

import datetime
import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from asgiref.sync import async_to_sync
from declared import stub_of
from django_socio_grpc import generics
from django_socio_grpc.codec import UnboundSerializer, bind
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.mixins import AsyncPartialUpdateModelMixin
from django_socio_grpc.proto_serializers import (
    BaseProtoSerializer,
    BinaryField,
    ListProtoSerializer,
    ModelProtoSerializer,
    ProtoSerializer,
)
from django_socio_grpc.testing import Mode
from library.models import Author, Book, Tag
from messages import messages
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

pb = messages(
    Author="int64 id, string name, optional string born",
    AuthorList="repeated Author results, int32 count",
    Authors="repeated Author authors, repeated string results",
    Cover="bytes cover",
)


class AuthorSerializer(ModelProtoSerializer):
    class Meta:
        model = Author
        fields = ["id", "name", "born"]
        proto_class = pb.Author
        proto_class_list = pb.AuthorList


BORN = datetime.date(1775, 12, 16)
JANE = {"id": 1, "name": "Jane", "born": "1775-12-16"}


def jane(**changes: Any) -> Author:
    return Author(**{"id": 1, "name": "Jane", "born": BORN, **changes})


# One row


def test_the_message_of_an_instance() -> None:
    assert AuthorSerializer(jane()).message == pb.Author(**JANE)


def test_a_message_is_input(db: None) -> None:
    serializer = AuthorSerializer(message=pb.Author(name="Jane", born="1775-12-16"))
    serializer.is_valid(raise_exception=True)
    author = serializer.save()
    assert (author.name, author.born) == ("Jane", BORN)
    assert serializer.message == pb.Author(id=author.pk, name="Jane", born="1775-12-16")


def test_a_message_updates_an_instance(db: None) -> None:
    author = Author.objects.create(name="Jane", born=BORN)
    serializer = AuthorSerializer(author, message=pb.Author(name="Anne"))
    serializer.is_valid(raise_exception=True)
    serializer.save()
    author.refresh_from_db()
    assert (author.name, author.born) == ("Anne", None)


def test_the_key_in_a_message_does_not_make_it_an_update(db: None) -> None:
    class WithDefault(AuthorSerializer):
        born = serializers.DateField(allow_null=True, default=BORN)

    Author.objects.create(id=7, name="Anne")
    serializer = WithDefault(message=pb.Author(id=7, name="Jane"))
    serializer.is_valid(raise_exception=True)
    author = serializer.save()
    assert author.pk != 7
    assert author.born == BORN
    assert Author.objects.get(pk=7).name == "Anne"


def test_a_message_and_data_exclude_each_other() -> None:
    for options in ({}, {"many": True}):
        with pytest.raises(ValueError, match=r"got both message= and data=\. Give one of them"):
            AuthorSerializer(message=pb.Author(), data={}, **options)


def test_an_empty_message_is_input_too() -> None:
    serializer = AuthorSerializer(message=pb.Author())
    assert not serializer.is_valid()
    assert serializer.errors["name"][0].code == "blank"


def test_the_message_of_valid_data() -> None:
    serializer = AuthorSerializer(data={"name": "Jane", "born": "1775-12-16"})
    serializer.is_valid(raise_exception=True)
    assert serializer.message == pb.Author(name="Jane", born="1775-12-16")


def test_the_message_of_nothing_is_that_of_the_initial_values() -> None:
    class Named(AuthorSerializer):
        name = serializers.CharField(initial="nobody")

    assert Named().message == pb.Author(name="nobody")


def test_input_that_nobody_checked_has_no_message() -> None:
    with pytest.raises(AssertionError, match=r"call `\.is_valid\(\)`"):
        _ = AuthorSerializer(data={"name": "Jane"}).message
    with pytest.raises(AssertionError, match=r"call `\.is_valid\(\)`"):
        _ = AuthorSerializer(jane(), data={"name": "Jane"}).message


@pytest.mark.parametrize("instance", [None, jane()])
def test_input_that_is_not_valid_has_no_message(instance: Author | None) -> None:
    serializer = AuthorSerializer(instance, data={"name": ""})
    assert not serializer.is_valid()
    with pytest.raises(ValidationError) as info:
        _ = serializer.message
    assert info.value.get_codes() == {"name": ["blank"]}


def test_conversions_of_ones_own_are_used() -> None:
    class Own(AuthorSerializer):
        def data_to_message(self, data: Any) -> Any:
            return super().data_to_message({**data, "name": data["name"].upper()})

        def message_to_data(self, message: Any) -> Any:
            return {"name": message.name.lower()}

    assert Own(jane()).message.name == "JANE"
    assert [message.name for message in Own([jane()], many=True).message.results] == ["JANE"]
    assert Own(message=pb.Author(name="JANE")).initial_data == {"name": "jane"}
    assert Own(message=[pb.Author(name="A")], many=True).initial_data == [{"name": "a"}]


def test_a_representation_of_ones_own_is_used() -> None:
    class Own(AuthorSerializer):
        def to_representation(self, instance: Author) -> dict[str, Any]:
            return {**super().to_representation(instance), "name": "anonymous"}

    assert Own(jane()).message == pb.Author(**{**JANE, "name": "anonymous"})
    assert Own([jane()], many=True).message.results[0].name == "anonymous"


def test_a_serializer_without_fields() -> None:
    class Free(BaseProtoSerializer):
        class Meta:
            proto_class = pb.Author

        def to_representation(self, instance: Any) -> Any:
            return {"name": instance}

        def to_internal_value(self, data: Any) -> Any:
            return data["name"]

    assert Free("Jane").message == pb.Author(name="Jane")
    received = Free(message=pb.Author(name="Jane"))
    received.is_valid(raise_exception=True)
    assert received.validated_data == "Jane"
    with pytest.raises(ConfigurationError, match=r"Free has no fields\. Add the method"):
        Free().to_proto_message()


def test_a_serializer_that_no_message_stands_for_is_named() -> None:
    class Lost(ProtoSerializer):
        name = serializers.CharField()

    with pytest.raises(UnboundSerializer, match="Class Lost missing"):
        _ = Lost(jane()).message


def test_the_message_comes_from_the_package_of_the_service() -> None:
    class Shared(ProtoSerializer):
        name = serializers.CharField()

    known = {name: messages(package=name, Author="string name").Author for name in ("one", "two")}
    for message_class in known.values():
        bind(Shared, message_class)
    for name, message_class in known.items():
        context = {"service": SimpleNamespace(proto_package=name)}
        assert type(Shared(jane(), context=context).message) is message_class


# Many rows


def test_the_message_of_many_rows() -> None:
    serializer = AuthorSerializer([jane(), jane(id=2, born=None)], many=True)
    assert isinstance(serializer, ListProtoSerializer)
    assert serializer.message == pb.AuthorList(results=[JANE, {"id": 2, "name": "Jane"}])


def test_the_rows_may_be_a_queryset_a_manager_or_an_iterator(db: None) -> None:
    Author.objects.create(name="Jane")
    rows: tuple[Any, ...] = (Author.objects.all(), Author.objects, Author.objects.iterator(), [])
    sizes = [len(AuthorSerializer(each, many=True).message.results) for each in rows]
    assert sizes == [1, 1, 1, 0]


def test_the_messages_of_a_stream_are_a_list() -> None:
    rows = [jane(), jane(id=2)]
    messages_of_rows = AuthorSerializer(rows, many=True, stream=True).message
    assert messages_of_rows == [AuthorSerializer(row).message for row in rows]


def test_the_field_of_the_rows_has_a_name() -> None:
    class Named(AuthorSerializer):
        class Meta(AuthorSerializer.Meta):
            proto_class_list = pb.Authors
            message_list_attr = "authors"

    class Unnamed(AuthorSerializer):
        class Meta(AuthorSerializer.Meta):
            proto_class_list = pb.Authors

    expected = pb.Authors(authors=[JANE])
    assert Named([jane()], many=True).message == expected
    assert Unnamed([jane()], many=True, message_list_attr="authors").message == expected
    received = Named(message=expected, many=True)
    assert received.is_valid()
    assert received.validated_data == [{"name": "Jane", "born": BORN}]


@pytest.mark.parametrize("name", ["results", "unknown"])
def test_a_message_without_rows_is_named(name: str) -> None:
    class Odd(AuthorSerializer):
        class Meta(AuthorSerializer.Meta):
            proto_class_list = pb.Authors
            message_list_attr = name

    with pytest.raises(
        ConfigurationError, match=rf"tests\.Authors has no repeated messages '{name}' for the rows"
    ):
        _ = Odd([jane()], many=True).message


@pytest.mark.parametrize(
    "message",
    [
        pb.AuthorList(results=[{"name": "A"}, {"name": "B"}]),
        [pb.Author(name="A"), pb.Author(name="B")],
    ],
    ids=["a list message", "messages"],
)
def test_many_rows_are_input(db: None, message: Any) -> None:
    serializer = AuthorSerializer(message=message, many=True)
    serializer.is_valid(raise_exception=True)
    serializer.save()
    assert list(Author.objects.order_by("id").values_list("name", flat=True)) == ["A", "B"]
    assert [item.name for item in serializer.message.results] == ["A", "B"]


def test_the_message_of_many_valid_data() -> None:
    serializer = AuthorSerializer(data=[{"name": "A"}, {"name": "B"}], many=True)
    serializer.is_valid(raise_exception=True)
    assert [item.name for item in serializer.message.results] == ["A", "B"]


def test_many_rows_that_are_not_valid_have_no_message(settings: Any) -> None:
    settings.REST_FRAMEWORK = {"LIST_SERIALIZER_ERRORS_AS_DICT": True}
    serializer = AuthorSerializer(data=[{"name": "A"}, {"name": ""}], many=True)
    assert not serializer.is_valid()
    with pytest.raises(ValidationError) as info:
        _ = serializer.message
    assert info.value.detail == serializer.errors
    assert "blank" in str(info.value.get_codes())


def test_the_limits_of_a_list_are_kept() -> None:
    limits = {"allow_empty": False, "max_length": 2, "min_length": 1}
    serializer: Any = AuthorSerializer(message=[], many=True, **limits)
    assert not serializer.is_valid()
    assert serializer.errors["non_field_errors"][0].code == "empty"
    assert (serializer.max_length, serializer.min_length) == (2, 1)


def test_a_list_class_of_ones_own_is_used() -> None:
    class Reversed(ListProtoSerializer):
        def to_representation(self, data: Any) -> Any:
            return super().to_representation(data)[::-1]

    class Own(AuthorSerializer):
        class Meta(AuthorSerializer.Meta):
            list_serializer_class = Reversed

    rows = [jane(), jane(id=2)]
    assert [item.id for item in Own(rows, many=True).message.results] == [2, 1]
    assert [item.id for item in Own(rows, many=True, stream=True).message] == [2, 1]


def test_what_was_changed_in_the_fields_of_a_list_is_respected() -> None:
    serializer: Any = AuthorSerializer([jane()], many=True)
    serializer.child.fields.pop("name")
    assert serializer.message.results[0].name == ""
    assert serializer.message.results[0].born == "1775-12-16"


# Binary fields


def test_a_binary_column_is_bytes() -> None:
    class CoverSerializer(ModelProtoSerializer):
        class Meta:
            model = Book
            fields = ["cover"]
            proto_class = pb.Cover

    assert isinstance(CoverSerializer().fields["cover"], BinaryField)
    assert CoverSerializer(Book(cover=memoryview(b"\xff"))).message == pb.Cover(cover=b"\xff")
    received = CoverSerializer(message=pb.Cover(cover=b"\xff"))
    received.is_valid(raise_exception=True)
    assert received.validated_data == {"cover": b"\xff"}


@pytest.mark.parametrize(("value", "code"), [("text", "invalid"), (b"12345", "max_length")])
def test_a_binary_field_checks_its_input(value: object, code: str) -> None:
    with pytest.raises(ValidationError) as info:
        BinaryField(max_length=4).run_validation(value)
    assert info.value.get_codes() == [code]


# Async twins


def in_a_loop(test: Callable[..., Any]) -> Callable[..., Any]:
    """Run an async test; its ORM work runs in the thread, and so in the transaction, of pytest."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        async_to_sync(test)(*args, **kwargs)

    return run


@in_a_loop
async def test_the_twins_of_one_row() -> None:
    serializer = AuthorSerializer(jane())
    assert await serializer.amessage == serializer.message
    assert await serializer.adata == serializer.data


@pytest.mark.django_db
@in_a_loop
async def test_the_twins_save() -> None:
    serializer = AuthorSerializer(message=pb.Author(name="Jane"))
    assert await serializer.ais_valid(raise_exception=True)
    author = await serializer.asave(born=BORN)
    assert (await Author.objects.aget(pk=author.pk)).born == BORN
    message = await serializer.amessage
    assert message == pb.Author(id=author.pk, name="Jane", born="1775-12-16")


@pytest.mark.django_db
@in_a_loop
async def test_the_twins_of_a_list_save() -> None:
    serializer = AuthorSerializer(message=[pb.Author(name="A"), pb.Author(name="B")], many=True)
    assert await serializer.ais_valid()
    await serializer.asave()
    assert len((await serializer.amessage).results) == await Author.objects.acount() == 2


@pytest.mark.django_db
@in_a_loop
async def test_the_default_twins_create_and_update() -> None:
    author = await AuthorSerializer().acreate({"name": "Jane"})
    await AuthorSerializer().aupdate(author, {"name": "Anne"})
    assert (await Author.objects.aget(pk=author.pk)).name == "Anne"


@in_a_loop
async def test_async_hooks_of_ones_own_are_awaited() -> None:
    class Own(AuthorSerializer):
        async def acreate(self, validated_data: Any) -> Author:
            return jane(**validated_data)

        async def aupdate(self, instance: Author, validated_data: Any) -> Author:
            instance.name = validated_data["name"] + "!"
            return instance

    created = Own(data={"name": "Anne"})
    created.is_valid(raise_exception=True)
    assert (await created.asave(born=None)).name == "Anne"
    updated: Any = Own(jane(), data={"name": "Anne"})
    updated.is_valid(raise_exception=True)
    assert (await updated.asave()).name == "Anne!"
    assert updated.instance.name == "Anne!"
    invalid = Own(data={"name": ""})
    invalid.is_valid()
    with pytest.raises(AssertionError, match="invalid data"):
        await invalid.asave()


@pytest.mark.django_db(transaction=True)
def test_a_partial_update_of_an_unknown_field_is_an_invalid_argument(mode: Mode) -> None:
    class TagSerializer(ModelProtoSerializer):
        class Meta:
            model = Tag
            fields = ["id", "label"]

    class TagService(generics.AsyncUpdateService, AsyncPartialUpdateModelMixin):
        queryset = Tag.objects.all()
        serializer_class = TagSerializer

    tag = Tag.objects.create(label="old")
    with stub_of(mode, TagService) as stub:
        with pytest.raises(grpc.RpcError) as caught:
            stub.PartialUpdate(id=tag.id, label="new", _partial_update_fields=["lable"])
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        details = str(caught.value.details())
        assert "unknown_field" in details
        assert "There is no field 'lable'. Those to update are: label." in details
        listed = ["id", "label"]
        updated = stub.PartialUpdate(id=tag.id, label="new", _partial_update_fields=listed)
        assert updated.label == "new"
