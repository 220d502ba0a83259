"""Serializers with messages: what they read from the database and save in it."""

from typing import Any

import grpc
import pytest
from authors import BORN, AuthorSerializer, pb
from declared import stub_of
from django_socio_grpc import generics
from django_socio_grpc.mixins import AsyncPartialUpdateModelMixin
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.testing import Mode
from library.models import Author, Tag
from rest_framework import serializers


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


FAR_OFF = 100_000  # a key that no sequence has come to


def test_the_key_in_a_message_does_not_make_it_an_update(db: None) -> None:
    class WithDefault(AuthorSerializer):
        born = serializers.DateField(allow_null=True, default=BORN)

    Author.objects.create(id=FAR_OFF, name="Anne")
    serializer = WithDefault(message=pb.Author(id=FAR_OFF, name="Jane"))
    serializer.is_valid(raise_exception=True)
    author = serializer.save()
    assert author.pk != FAR_OFF
    assert author.born == BORN
    assert Author.objects.get(pk=FAR_OFF).name == "Anne"


def test_the_rows_may_be_a_queryset_a_manager_or_an_iterator(db: None) -> None:
    Author.objects.create(name="Jane")
    rows: tuple[Any, ...] = (Author.objects.all(), Author.objects, Author.objects.iterator(), [])
    sizes = [len(AuthorSerializer(each, many=True).message.results) for each in rows]
    assert sizes == [1, 1, 1, 0]


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
