"""Fields of one's own that ask for a proto type: what they get, and what they may give."""

import base64
from collections.abc import Iterator
from typing import Any, ClassVar

import grpc
import pytest
from declared import Stub, stub_of
from django_socio_grpc import generics
from django_socio_grpc.actions import FieldDict
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.proto_serializers import BaseProtoSerializer, BinaryField, ProtoSerializer
from django_socio_grpc.testing import Mode
from rest_framework import serializers


class ScanField(serializers.Field[Any, Any, Any, Any]):
    """As protobuf's JSON mapping has it: bytes are text in base64."""

    proto_type = "bytes"

    def to_internal_value(self, data: Any) -> Any:
        return base64.b64decode(data, validate=True)

    def to_representation(self, value: Any) -> Any:
        return base64.b64encode(value).decode()


class OwnBinaryField(BinaryField):
    pass


class LongField(serializers.Field[Any, Any, Any, Any]):
    proto_type = "int64"

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> Any:
        return str(value)


class PageProtoSerializer(ProtoSerializer):
    scan = ScanField(required=False)
    text = serializers.CharField(required=False)
    binary = OwnBinaryField(required=False)
    scans = serializers.ListField(child=ScanField(), required=False)
    binaries = serializers.ListField(child=BinaryField(), required=False)
    named = serializers.DictField(child=ScanField(), required=False)
    wrapped = ScanField(required=False)
    json = serializers.JSONField(binary=True, required=False)
    long = LongField(required=False)

    class Meta:
        proto_types: ClassVar[dict[str, str]] = {
            "text": "bytes",
            "wrapped": "google.protobuf.BytesValue",
        }


class PageService(generics.GenericService):
    serializer_class = PageProtoSerializer
    seen: ClassVar[dict[str, Any]] = {}

    @grpc_action(request=PageProtoSerializer, response=PageProtoSerializer)
    def Echo(self, request: Any, context: Any) -> Any:
        serializer = self.get_serializer(message=request)
        serializer.is_valid(raise_exception=True)
        self.seen.update(serializer.validated_data)
        return self.get_serializer(serializer.validated_data).message


class FreeProtoSerializer(BaseProtoSerializer):
    """It gets and gives JSON values."""

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, instance: Any) -> Any:
        return instance

    def to_proto_message(self) -> list[FieldDict]:
        return [
            {"name": "number", "type": "int64"},
            {"name": "scan", "type": "bytes"},
            {"name": "at", "type": "google.protobuf.Timestamp"},
            {"name": "note", "type": "string", "cardinality": "optional"},
            {"name": "tags", "type": "string", "cardinality": "repeated"},
        ]


class FreeService(generics.GenericService):
    serializer_class = FreeProtoSerializer
    seen: ClassVar[list[Any]] = []

    @grpc_action(request=FreeProtoSerializer, response=FreeProtoSerializer)
    def Echo(self, request: Any, context: Any) -> Any:
        serializer = self.get_serializer(message=request)
        serializer.is_valid(raise_exception=True)
        self.seen[:] = [serializer.validated_data]
        return self.get_serializer(serializer.validated_data).message


@pytest.fixture
def stub(mode: Mode) -> Iterator[Stub]:
    PageService.seen.clear()
    with stub_of(mode, PageService) as found:
        yield found


@pytest.mark.parametrize(
    ("name", "sent", "seen"),
    [
        ("scan", b"\x00\xff", b"\x00\xff"),
        ("text", b"\x00\xff", "AP8="),
        ("binary", b"\x00\xff", b"\x00\xff"),
        ("scans", [b"\x00", b""], [b"\x00", b""]),
        ("binaries", [b"\x00", b"\xff"], [b"\x00", b"\xff"]),
        ("named", {"a": b"\x00"}, {"a": b"\x00"}),
        ("wrapped", {"value": b"\x00"}, b"\x00"),
        ("json", b'{"a": 1}', {"a": 1}),
        ("long", 2**60, 2**60),
    ],
)
def test_values_come_back(stub: Stub, name: str, sent: Any, seen: Any) -> None:
    request = stub.pb.PageRequest(**{name: sent})
    reply = stub.method("Echo")(request)
    assert PageService.seen[name] == seen
    assert reply.SerializeToString() == request.SerializeToString()


def test_a_serializer_without_fields_gets_json(mode: Mode) -> None:
    with stub_of(mode, FreeService) as stub:
        at = {"seconds": 60}
        reply = stub.Echo(number=2**60, scan=b"\x00\xff", at=at)
        assert FreeService.seen == [
            {"number": str(2**60), "scan": "AP8=", "at": "1970-01-01T00:01:00Z", "tags": []}
        ]
        assert reply == stub.pb.FreeResponse(number=2**60, scan=b"\x00\xff", at=at)
        with pytest.raises(grpc.RpcError) as caught:
            stub.Echo(at={"seconds": 2**60})
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
