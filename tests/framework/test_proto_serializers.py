"""Serializers with messages: the input and the output of one row."""

from types import SimpleNamespace
from typing import Any

import pytest
from authors import JANE, AuthorSerializer, jane, pb
from django_socio_grpc.codec import UnboundSerializer, bind
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.proto_serializers import (
    BaseProtoSerializer,
    BinaryField,
    ModelProtoSerializer,
    ProtoSerializer,
)
from library.models import Author, Book
from messages import messages
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

# One row


def test_the_message_of_an_instance() -> None:
    assert AuthorSerializer(jane()).message == pb.Author(**JANE)


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
