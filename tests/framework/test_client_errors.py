"""``client.errors``: which fields of the request a server refuses, and why."""

import json
from typing import Any

import grpc
import grpc.aio
import pytest
from declared import Contract
from django_socio_grpc import client, generics
from django_socio_grpc.client import SyncClient
from django_socio_grpc.proto_serializers import ModelProtoSerializer, ProtoSerializer
from django_socio_grpc.testing import Mode, serve
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status
from grpc import StatusCode
from library.models import Author
from rest_framework import serializers


class StreetProtoSerializer(ProtoSerializer):
    name = serializers.CharField(max_length=5)
    number = serializers.IntegerField(min_value=1)


class AuthorProtoSerializer(ModelProtoSerializer):
    home = StreetProtoSerializer(write_only=True)
    others = StreetProtoSerializer(many=True, write_only=True)

    class Meta:
        model = Author
        fields = ["id", "name", "home", "others"]


class AuthorService(generics.ModelService):
    queryset = Author.objects.all()
    serializer_class = AuthorProtoSerializer


def failed(code: StatusCode, details: str, *trailers: tuple[str, Any]) -> grpc.aio.AioRpcError:
    """The error of a call as asyncio's client raises it."""
    metadata = grpc.aio.Metadata(*trailers)
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), metadata, details)


@pytest.mark.django_db(transaction=True)
def test_fields_that_a_service_refuses(mode: Mode) -> None:
    contract = Contract(AuthorService)
    with serve(mode, contract.hook) as server, SyncClient() as sync:
        authors = sync.protos(contract.file).AuthorController.at(server.target)
        good = {"name": "Main", "number": 1}
        with pytest.raises(grpc.RpcError) as caught:
            authors.Create(
                name="x" * 200,
                home={"name": "Highway", "number": 0},
                others=[good, good, {"name": "Highway", "number": 1}],
            )
        errors = client.errors(caught.value)
        with pytest.raises(grpc.RpcError) as caught:
            authors.Retrieve(id=12345)
        assert client.errors(caught.value) == {}
    assert errors == {
        "name": ["Ensure this field has no more than 100 characters."],
        "home.name": ["Ensure this field has no more than 5 characters."],
        "home.number": ["Ensure this value is greater than or equal to 1."],
        "others[2].name": ["Ensure this field has no more than 5 characters."],
    }


def test_fields_that_another_service_refuses() -> None:
    """A server of any language tells them by the standard message."""
    request = BadRequest(
        field_violations=[
            {"field": "title", "description": "It is too long."},
            {"field": "title", "description": "It is too loud."},
            {"description": "It is too much."},
        ]
    )
    details = [AnyMessage(), AnyMessage()]
    details[0].Pack(ErrorInfo(reason="BAD"))
    details[1].Pack(request)
    status = Status(code=3, message="no", details=details)
    error = failed(
        StatusCode.INVALID_ARGUMENT,
        "no",
        ("x-other", "y"),
        ("grpc-status-details-bin", status.SerializeToString()),
    )
    assert client.errors(error) == {
        "title": ["It is too long.", "It is too loud."],
        "non_field_errors": ["It is too much."],
    }


@pytest.mark.parametrize(
    ("details", "errors"),
    [
        ("", {}),
        ("plain text", {}),
        ("[1, 2]", {}),
        ('{"message": "Not found.", "code": "not_found"}', {}),
        ('[{"message": "No.", "code": "no"}]', {}),
        ('{"a": [{"message": "No.", "code": "no"}]}', {"a": ["No."]}),
        ('{"a": {"message": "No.", "code": "no"}}', {"a": ["No."]}),
        ('{"a": [{}, {"b": [{"message": "No.", "code": "no"}]}]}', {"a[1].b": ["No."]}),
        (
            '{"non_field_errors": [{"message": "No.", "code": "no"}]}',
            {"non_field_errors": ["No."]},
        ),
        ('{"a": {"non_field_errors": [{"message": "No.", "code": "no"}]}}', {"a": ["No."]}),
        ('{"message": [{"message": "No.", "code": "no"}]}', {"message": ["No."]}),
    ],
)
def test_details_of_many_kinds(details: str, errors: dict[str, list[str]]) -> None:
    assert client.errors(failed(StatusCode.INVALID_ARGUMENT, details)) == errors


def test_details_that_are_not_what_they_say() -> None:
    error = failed(StatusCode.UNKNOWN, "[" * 100_000, ("grpc-status-details-bin", b"\xff\xff"))
    assert client.errors(error) == {}


def test_json_details_win_over_the_status_for_the_same_field() -> None:
    status = Status(details=[AnyMessage()])
    status.details[0].Pack(BadRequest(field_violations=[{"field": "a", "description": "x"}]))
    details = json.dumps({"a": [{"message": "No.", "code": "no"}]})
    trailer = ("grpc-status-details-bin", status.SerializeToString())
    error = failed(StatusCode.INVALID_ARGUMENT, details, trailer)
    assert client.errors(error) == {"a": ["No."]}
