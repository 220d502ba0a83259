"""Values of enums over the wire, both ways, on both servers."""

from typing import Any

import grpc
import pytest
from declared import stub_of
from django_socio_grpc import generics
from django_socio_grpc.codec import CodecError, decoder, encoder
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.exceptions import EnumProtoMismatchError
from django_socio_grpc.protobuf.generation_plugin import (
    GlobalScopeEnumGenerationPlugin,
    InMessageEnumGenerationPlugin,
    InMessageWrappedEnumGenerationPlugin,
)
from django_socio_grpc.testing import Mode
from enums import Colour, Level, OrderSerializer, Parcel, ParcelSerializer, Size
from messages import messages
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

SIZES = ("SIZE_UNSPECIFIED", "SMALL", "LARGE")
LEVELS = ("LEVEL_UNSPECIFIED", "ZERO", "LOW", "HIGH")
pb = messages(
    M="Size size, optional Level level, repeated Size sizes, repeated Level levels",
    Plain="string size, optional int32 level, repeated string sizes, repeated int32 levels",
    Box="M order, repeated M orders",
    enums={"Size": SIZES, "Level": LEVELS},
)


class Echo(generics.GenericService):
    """Validates what it gets, and answers with what it understood."""

    serializer_class = OrderSerializer

    @grpc_action(request=OrderSerializer, response=OrderSerializer)
    def Order(self, request: Any, context: Any) -> Any:
        serializer = self.get_serializer(message=request)
        serializer.is_valid(raise_exception=True)
        self.seen.append(dict(serializer.validated_data))
        return serializer.message

    @grpc_action(
        request=[{"name": "it", "type": Colour}], response=[{"name": "it", "type": Colour}]
    )
    def Paint(self, request: Any, context: Any) -> Any:
        answer: Any = self.pb  # type: ignore[attr-defined]
        return answer.EchoPaintResponse(it=request.it)

    @grpc_action(
        request=OrderSerializer,
        response=OrderSerializer,
        request_name="OtherRequest",
        response_name="OtherResponse",
        use_generation_plugins=[InMessageEnumGenerationPlugin()],
    )
    def Other(self, request: Any, context: Any) -> Any:
        return self.Order(request, context)

    seen: list[Any] = []


@pytest.fixture(autouse=True)
def _forget() -> None:
    Echo.seen.clear()


@pytest.mark.parametrize("rpc", ["Order", "Other"])
def test_keys_become_values_and_values_keys(mode: Mode, rpc: str) -> None:
    with stub_of(mode, Echo) as stub:
        reply = getattr(stub, rpc)(size="LARGE", level="LOW", sizes=["SMALL"], levels=["HIGH"])
    (seen,) = Echo.seen
    assert (seen["size"], seen["level"], *seen["sizes"], *seen["levels"]) == ("l", -5, "s", 7)
    assert (reply.size, reply.level, list(reply.sizes), list(reply.levels)) == (2, 2, [1], [3])


def test_a_member_whose_value_is_zero_is_not_unspecified(mode: Mode) -> None:
    """Known defect: the value 0 of an IntegerChoices was sent as no value at all."""
    with stub_of(mode, Echo) as stub:
        reply = stub.Order(size="SMALL", level="ZERO", levels=["ZERO"])
    assert Echo.seen[0]["level"] == 0
    assert (reply.level, list(reply.levels)) == (1, [1])


def test_an_enum_class_as_a_type_is_a_number_for_the_handler(mode: Mode) -> None:
    with stub_of(mode, Echo) as stub:
        assert stub.Paint(it="BLUE").it == 2


def test_what_is_not_specified_is_null(mode: Mode) -> None:
    with stub_of(mode, Echo) as stub:
        reply = stub.Order(size="SMALL", level="ENUM_UNSPECIFIED")
    assert Echo.seen[0]["level"] is None
    assert reply.HasField("level")  # as clients of existing contracts have it
    assert reply.level == 0


def test_what_is_needed_and_not_specified_is_missing(mode: Mode) -> None:
    with stub_of(mode, Echo) as stub, pytest.raises(grpc.RpcError) as caught:
        stub.Order(level="LOW")
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert '"size"' in str(caught.value.details())
    assert "required" in str(caught.value.details())


@pytest.mark.parametrize(("field", "value"), [("size", 9), ("level", -1), ("sizes", [1, 9])])
def test_a_number_that_the_enum_has_not_is_the_clients_fault(
    mode: Mode, field: str, value: Any
) -> None:
    with stub_of(mode, Echo) as stub, pytest.raises(grpc.RpcError) as caught:
        stub.Order(**{"size": "SMALL", field: value})
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert f'"{field}"' in str(caught.value.details())
    assert "is not one of:" in str(caught.value.details())


# Without a wire


def sent(cls: Any, target: Any, row: Any) -> Any:
    """The message of ``row``, made in all the ways there are."""
    codec = encoder(cls, target)
    message = codec.encode(cls(), row)
    assert message == codec.from_data(cls(row).data)
    return message


@pytest.mark.parametrize(
    ("value", "number"),
    [("s", 1), (Size.LARGE, 2), ("", 0), (None, 0)],
)
def test_a_row_without_a_value_has_the_first_of_the_enum(value: Any, number: int) -> None:
    assert sent(ParcelSerializer, pb.M, Parcel(size=value)).size == number


def test_a_row_with_a_value_that_is_none_of_the_enum_is_the_servers_fault() -> None:
    with pytest.raises(EnumProtoMismatchError) as caught:
        encoder(ParcelSerializer, pb.M).encode(ParcelSerializer(), Parcel(size="x"))
    assert isinstance(caught.value, CodecError)
    assert "tests.M.size" in str(caught.value)
    assert "'x' is none of Size" in str(caught.value)


def test_a_number_that_there_is_not_is_an_error_of_both_kinds() -> None:
    with pytest.raises(EnumProtoMismatchError) as caught:
        decoder(ParcelSerializer(), pb.M, updating=False)(pb.M(level=9))
    assert isinstance(caught.value, ValidationError)
    assert "ZERO (1), LOW (2), HIGH (3)" in str(caught.value.detail)


def test_enums_are_sent_in_nested_messages_and_by_dynamic_serializers() -> None:
    class Dynamic(serializers.Serializer[Any]):
        order = OrderSerializer()
        orders = serializers.SerializerMethodField()

        def get_fields(self) -> Any:
            return super().get_fields()

        def get_orders(self, row: Any) -> list[OrderSerializer]:
            return OrderSerializer([row["order"]], many=True).data  # type: ignore[no-any-return]

    row = {"order": {"size": Size.LARGE, "level": Level.ZERO, "sizes": ["s"], "levels": []}}
    data = Dynamic(row).data
    message: Any = encoder(Dynamic, pb.Box).from_data(data, Dynamic(row))
    for order in (message.order, message.orders[0]):
        assert (order.size, order.level, list(order.sizes)) == (2, 1, [1])


def test_a_contract_that_has_the_values_gets_the_values() -> None:
    message = sent(ParcelSerializer, pb.Plain, Parcel(size="s", level=0))
    assert (message.size, message.level) == ("s", 0)


def test_a_blank_value_travels_as_unspecified() -> None:
    assert decoder(ParcelSerializer(), pb.M, updating=False)(pb.M()) == {"level": None}
    listed = messages(
        M="Size size, repeated string _partial_update_fields", enums={"Size": SIZES}
    ).M(_partial_update_fields=["size"])
    decode = decoder(ParcelSerializer(), type(listed), updating=True)
    assert decode(listed, partial=True) == {"size": ""}


@pytest.mark.parametrize(
    "plugin", [GlobalScopeEnumGenerationPlugin, InMessageWrappedEnumGenerationPlugin]
)
def test_values_travel_wherever_the_enum_is(mode: Mode, plugin: Any) -> None:
    class Placed(Echo):
        @grpc_action(
            request=OrderSerializer,
            response=OrderSerializer,
            use_generation_plugins=[plugin()],
            override_default_generation_plugins=True,
        )
        def Order(self, request: Any, context: Any) -> Any:
            return super().Order(request, context)

        Paint = None  # type: ignore[assignment]
        Other = None  # type: ignore[assignment]

    with stub_of(mode, Placed) as stub:
        assert stub.Order(size="LARGE", level="HIGH").level == 3
    assert Echo.seen[0]["level"] == 7
