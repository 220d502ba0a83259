"""What a field that a request does not set becomes: every row of the table, on both servers."""

from typing import Any, ClassVar

import grpc
import pytest
from declared import Stub, stub_of
from django.db import models
from django_socio_grpc import generics, proto_serializers
from django_socio_grpc.actions import PartialUpdate
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.testing import Mode
from google.protobuf.empty_pb2 import Empty
from rest_framework import serializers

LEFT_OUT = "left out"


class Draft(models.Model):  # noqa: DJ008
    needed = models.IntegerField()
    nullable = models.IntegerField(null=True)
    null_with_default = models.IntegerField(null=True, default=5)
    null_and_needed = models.IntegerField(null=True, default=6)

    class Meta:
        app_label = "library"
        managed = False


class DraftProtoSerializer(proto_serializers.ModelProtoSerializer):
    null_and_needed = serializers.IntegerField(allow_null=True)
    with_default = serializers.IntegerField(default=7)
    null_and_default = serializers.IntegerField(allow_null=True, default=8)
    optional = serializers.IntegerField(required=False)
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    computed = serializers.IntegerField(read_only=True)

    class Meta:
        model = Draft
        fields: ClassVar[list[str]] = [
            "needed",
            "nullable",
            "null_with_default",
            "null_and_needed",
            "with_default",
            "null_and_default",
            "optional",
            "tags",
            "computed",
        ]


class DraftService(generics.GenericService):
    serializer_class = DraftProtoSerializer
    understood: ClassVar[list[Any]] = []

    @grpc_action(request=DraftProtoSerializer)
    def Create(self, request: Any, context: Any) -> Any:
        return self._validate(message=request)

    @grpc_action(request=DraftProtoSerializer)
    def Update(self, request: Any, context: Any) -> Any:
        return self._validate(Draft(), message=request)

    @grpc_action(
        request=PartialUpdate(serializer=DraftProtoSerializer), request_name="DraftPatchRequest"
    )
    def Patch(self, request: Any, context: Any) -> Any:
        return self._validate(Draft(), message=request, partial=True)

    @grpc_action(request=DraftProtoSerializer)
    def PatchWithoutNames(self, request: Any, context: Any) -> Any:
        return self._validate(Draft(), message=request, partial=True)

    def _validate(self, *args: Any, **kwargs: Any) -> Any:
        serializer = self.get_serializer(*args, **kwargs)
        serializer.is_valid(raise_exception=True)
        self.understood.append(serializer.validated_data)
        return Empty()


TABLE: dict[str, tuple[Any, Any, Any]] = {
    # field: (create, update, partial update that names it)
    "needed": (0, 0, 0),
    "nullable": (None, None, None),
    "null_with_default": (LEFT_OUT, None, None),  # and the model's default it is
    "null_and_needed": (6, None, None),
    "with_default": (7, 7, 7),
    "null_and_default": (8, None, None),
    "optional": (LEFT_OUT, LEFT_OUT, 0),
    "tags": ([], [], []),
    "computed": (LEFT_OUT, LEFT_OUT, LEFT_OUT),
}


def understood(stub: Stub, rpc: str, **request: Any) -> dict[str, Any]:
    DraftService.understood.clear()
    getattr(stub, rpc)(**request)
    (found,) = DraftService.understood
    return {name: found.get(name, LEFT_OUT) for name in TABLE}


def test_an_empty_request_to_create(mode: Mode) -> None:
    with stub_of(mode, DraftService) as stub:
        found = understood(stub, "Create")
    assert found == {name: row[0] for name, row in TABLE.items()}


def test_an_empty_request_to_update(mode: Mode) -> None:
    with stub_of(mode, DraftService) as stub:
        found = understood(stub, "Update")
    assert found == {name: row[1] for name, row in TABLE.items()}


def test_a_partial_update_that_names_nothing(mode: Mode) -> None:
    with stub_of(mode, DraftService) as stub:
        found = understood(stub, "Patch", needed=3, tags=["t"])
    assert found == dict.fromkeys(TABLE, LEFT_OUT)


@pytest.mark.parametrize("name", TABLE)
def test_a_partial_update_that_names_a_field_without_a_value(mode: Mode, name: str) -> None:
    with stub_of(mode, DraftService) as stub:
        found = understood(stub, "Patch", _partial_update_fields=[name])
    assert found == {**dict.fromkeys(TABLE, LEFT_OUT), name: TABLE[name][2]}


def test_zero_is_a_value_where_the_field_is_optional(mode: Mode) -> None:
    zeros = {name: 0 for name in TABLE if name not in {"tags", "computed"}}
    with stub_of(mode, DraftService) as stub:
        for rpc in ("Create", "Update"):
            found = understood(stub, rpc, **zeros)
            assert {name: found[name] for name in zeros} == zeros


def test_a_partial_update_without_the_names_is_refused(mode: Mode) -> None:
    with stub_of(mode, DraftService) as stub, pytest.raises(grpc.RpcError) as caught:
        stub.PatchWithoutNames(needed=1)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "missing_partial_message_attribute" in str(caught.value.details())
