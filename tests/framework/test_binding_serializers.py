"""Serializers and the messages that binding a service gives them."""

from typing import Any

import pytest
from declared import Contract, stub_of
from django_socio_grpc import generics
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.calls.binding import bind_service
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.proto_serializers import ModelProtoSerializer
from django_socio_grpc.testing import Mode, serve
from library.models import Tag
from rest_framework import serializers

TEXT: list[FieldDict] = [{"name": "text", "type": "string"}]


class TagSerializer(ModelProtoSerializer):
    class Meta:
        model = Tag
        fields = ["id", "label"]


def test_serializers_of_plain_drf_are_no_error() -> None:
    class PlainSerializer(serializers.ModelSerializer):
        class Meta:
            model = Tag
            fields = ["id", "label"]

    class PlainService(generics.ModelService):
        queryset = Tag.objects.all()
        serializer_class = PlainSerializer

    bind_service(PlainService, Contract(PlainService).file)


@pytest.mark.django_db(transaction=True)
def test_one_serializer_may_have_a_message_of_its_own_in_each_action(mode: Mode) -> None:
    class TagService(generics.ReadOnlyModelService):
        queryset = Tag.objects.all()
        serializer_class = TagSerializer

        @grpc_action(request=TEXT, response=TagSerializer, response_name="PublishedTag")
        def Publish(self, request: Any, context: Any) -> Any:
            return self.get_serializer(Tag.objects.get(label=request.text)).message

        @grpc_action(request=TEXT, response=TagSerializer, response_name="OtherTag")
        def Bare(self, request: Any, context: Any) -> Any:
            return TagSerializer(Tag.objects.get(label=request.text)).message

    tag = Tag.objects.create(label="novel")
    with stub_of(mode, TagService) as stub:
        assert type(stub.Publish(text="novel")).DESCRIPTOR.name == "PublishedTag"
        assert type(stub.Bare(text="novel")).DESCRIPTOR.name == "OtherTag"
        assert stub.Retrieve(id=tag.pk).label == "novel"
        assert [found.label for found in stub.List().results] == ["novel"]


@pytest.mark.django_db(transaction=True)
def test_two_apps_may_share_a_serializer(mode: Mode) -> None:
    class OneService(generics.ListService):
        queryset = Tag.objects.all()
        serializer_class = TagSerializer

        def List(self, request: Any, context: Any) -> Any:
            return TagSerializer(Tag.objects.all(), many=True).message

    class TwoService(OneService):
        pass

    Tag.objects.create(label="novel")
    one, two = Contract(OneService, package="one"), Contract(TwoService, package="two")

    def hook(server: Any) -> None:
        one.hook(server)
        two.hook(server)

    with serve(mode, hook) as running, running.channel() as channel:
        for contract in (one, two):
            assert [tag.label for tag in contract.stub(channel).List().results] == ["novel"]
