"""Fields whose type another generator chose: an old client goes on sending and reading them."""

from collections.abc import Iterator
from typing import Any

import pytest
from adopted import Adopted
from declared import Stub
from django_socio_grpc import generics
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.proto_serializers import ProtoSerializer
from django_socio_grpc.testing import Mode, serve
from rest_framework import serializers

EXISTING = """\
syntax = "proto3";

package backend.words;

service WordController {
    rpc Echo(WordRequest) returns (WordResponse) {}
}

message WordRequest {
    repeated string untyped = 1;
}

message WordResponse {
    repeated string untyped = 1;
}
"""


class WordSerializer(ProtoSerializer):
    untyped = serializers.ListField()


class WordService(generics.GenericService):
    serializer_class = WordSerializer

    @grpc_action(request=WordSerializer, response=WordSerializer)
    def Echo(self, request: Any, context: Any) -> Any:
        serializer = self.get_serializer(message=request)
        serializer.is_valid(raise_exception=True)
        return serializer.message


@pytest.fixture
def adopted() -> Adopted:
    return Adopted(EXISTING, WordService)


@pytest.fixture
def stub(mode: Mode, adopted: Adopted) -> Iterator[Stub]:
    with serve(mode, adopted.hook) as server, server.channel() as channel:
        yield adopted.old_stub(channel, "WordController")


def test_nothing_changes_on_the_wire(adopted: Adopted) -> None:
    assert adopted.changes() == []


def test_a_list_without_a_type_stays_one_of_texts(stub: Stub) -> None:
    assert stub.Echo(untyped=["a", "1"]).untyped == ["a", "1"]
