"""Serializers with messages: many rows in one message, or in one each."""

from typing import Any

import pytest
from authors import BORN, JANE, AuthorSerializer, jane, pb
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.proto_serializers import ListProtoSerializer
from rest_framework.exceptions import ValidationError


def test_the_message_of_many_rows() -> None:
    serializer = AuthorSerializer([jane(), jane(id=2, born=None)], many=True)
    assert isinstance(serializer, ListProtoSerializer)
    assert serializer.message == pb.AuthorList(results=[JANE, {"id": 2, "name": "Jane"}])


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


def test_a_list_converts_data_as_its_class_says() -> None:
    data = [{"id": 1, "name": "Jane"}]
    serializer: Any = AuthorSerializer(many=True)
    assert serializer.data_to_message(data) == pb.AuthorList(results=data)
    stream: Any = AuthorSerializer(many=True, stream=True)
    assert stream.data_to_message(data) == [pb.Author(**data[0])]

    class Doubled(ListProtoSerializer):
        def data_to_message(self, data: Any) -> Any:
            return super().data_to_message([*data, *data])

    class Own(AuthorSerializer):
        class Meta(AuthorSerializer.Meta):
            list_serializer_class = Doubled

    assert len(Own([jane()], many=True).message.results) == 2
    assert len(Own([jane()], many=True, stream=True).message) == 2


def test_what_is_about_lists_says_nothing_of_one_row() -> None:
    assert AuthorSerializer(jane(), stream=True, message_list_attr="authors").message == pb.Author(
        **JANE
    )


def test_what_was_changed_in_the_fields_of_a_list_is_respected() -> None:
    serializer: Any = AuthorSerializer([jane()], many=True)
    serializer.child.fields.pop("name")
    assert serializer.message.results[0].name == ""
    assert serializer.message.results[0].born == "1775-12-16"
