"""What decodes messages is compiled once for a class, and again when the class changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from unittest.mock import patch

import pytest
from authors import AuthorSerializer, pb
from django_socio_grpc.codec.decode import Decoder
from django_socio_grpc.proto_serializers import ModelProtoSerializer, ProtoSerializer
from library.models import Author
from messages import messages
from rest_framework import serializers

Listed = messages(
    M="optional string name, repeated string _partial_update_fields",
    Ms="repeated M results",
)


@contextmanager
def compiled() -> Iterator[list[Any]]:
    """The serializers that a decoder is compiled for in the block."""
    found: list[Any] = []
    compile_fields = Decoder.__init__

    def compile_and_note(self: Any, fields: Any, *args: Any, **kwargs: Any) -> None:
        found.append(fields)
        compile_fields(self, fields, *args, **kwargs)

    with patch.object(Decoder, "__init__", compile_and_note):
        yield found


class Stock(AuthorSerializer):
    """As it comes."""


class Represented(AuthorSerializer):
    def to_representation(self, row: Any) -> Any:
        return {**super().to_representation(row), "name": "x"}


class Constructed(AuthorSerializer):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("born")


class Chosen(AuthorSerializer):
    def get_fields(self) -> Any:
        return super().get_fields()


@pytest.mark.parametrize(
    ("cls", "times"), [(Stock, 1), (Represented, 1), (Constructed, 1), (Chosen, 3)]
)
def test_a_class_is_compiled_once_if_its_fields_are_those_of_all(cls: Any, times: int) -> None:
    with compiled() as found:
        for name in ("Jane", "Anne", "Emily"):
            assert cls(message=pb.Author(name=name)).initial_data["name"] == name
        assert len(found) == times
        cls(Author(), message=pb.Author(name="Jane"))
        assert len(found) == times + 1, "an update decodes in another way"


def test_the_fields_that_a_constructor_takes_away_are_not_decoded() -> None:
    class Narrow(AuthorSerializer):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self.fields.pop("name")
            super().__init__(*args, **kwargs)

    assert Narrow(message=pb.Author(name="Jane")).initial_data == {"id": 0, "born": None}
    assert Stock(message=pb.Author(name="Jane")).initial_data["name"] == "Jane"


def test_a_changed_class_is_compiled_again() -> None:
    class Changing(ModelProtoSerializer):
        class Meta:
            model = Author
            fields: ClassVar[list[str]] = ["id"]

    for names in (["id"], ["id", "name"], ["name"]):
        Changing.Meta.fields[:] = names
        with compiled() as found:
            for _ in range(2):
                assert list(Changing(message=pb.Author(name="Jane")).initial_data) == names
        assert len(found) == 1


class Asked:
    requires_context = True

    def __call__(self, field: Any) -> Any:
        return field.context["user"]


ASKED: Any = Asked()


class Named(ProtoSerializer):
    name = serializers.CharField(default=ASKED)


def test_a_default_that_asks_for_the_context_is_asked_in_each_call() -> None:
    message = Listed.M(_partial_update_fields=["name"])
    with compiled() as found:
        for user in ("jane", "anne"):
            one = Named(object(), message=message, partial=True, context={"user": user})
            assert one.initial_data == {"name": user}
            rows = Listed.Ms(results=[message, message])
            many = Named([], message=rows, many=True, partial=True, context={"user": user})
            assert many.initial_data == [{"name": user}] * 2
    assert len(found) == 1


def test_a_field_that_is_gone_is_not_asked() -> None:
    serializer = Named(object(), partial=True, context={"user": "jane"})
    del serializer.fields["name"]
    assert serializer.message_to_data(Listed.M(_partial_update_fields=["name"])) == {}
