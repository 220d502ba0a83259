"""Services that a test declares, and the contract that they have."""

from typing import Any

import pytest
from django_socio_grpc import generics
from django_socio_grpc.contract.introspect import app_spec
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.schema.model import AppSpec, MessageSpec, RpcSpec
from library.models import Author, Book, Tag
from rest_framework import serializers


class TagProtoSerializer(serializers.ModelSerializer):
    class Meta:
        model = Tag
        fields = ["id", "label"]


class AuthorSerializer(serializers.ModelSerializer):
    """A person who writes."""

    class Meta:
        model = Author
        fields = ["id", "name"]


class BookProtoSerializer(serializers.ModelSerializer):
    tags = TagProtoSerializer(many=True)

    class Meta:
        model = Book
        fields = ["id", "title", "tags", "created"]
        proto_comment = "A book of the library."


class BookService(generics.GenericService):
    """Books: to lend, not to sell."""

    queryset = Book.objects.all()
    serializer_class = BookProtoSerializer


def service(**actions: Any) -> type:
    """A BookService with one action for each keyword, the arguments of its ``grpc_action``."""
    body = {
        name: grpc_action(**arguments)(lambda self, request, context: None)
        for name, arguments in actions.items()
    }
    return type("BookService", (BookService,), body)


def contract(*classes: type) -> AppSpec:
    return app_spec("library", classes)


def rpc(spec: AppSpec) -> RpcSpec:
    (found,) = spec.services[0].rpcs
    return found


def named(spec: AppSpec) -> dict[str, MessageSpec]:
    return {message.name: message for message in spec.messages}


def lines(message: MessageSpec) -> list[str]:
    return [f"{f.cardinality} {f.type} {f.name}".strip() for f in message.fields]


def refusal(*classes: type) -> str:
    with pytest.raises(ConfigurationError) as caught:
        contract(*classes)
    return str(caught.value)
