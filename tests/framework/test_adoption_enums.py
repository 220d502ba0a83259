"""Contracts with enums, in the style of other generators: each keeps its place and its numbers."""

from typing import Annotated, Any

import pytest
from adopted import Adopted
from django.db import models
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.proto_serializers import ProtoSerializer
from django_socio_grpc.protobuf.generation_plugin import InMessageEnumGenerationPlugin
from django_socio_grpc.services import Service
from django_socio_grpc.testing import Mode, serve
from rest_framework import serializers


class Size(models.TextChoices):
    """How big it is."""

    SMALL = "small", "Small"
    LARGE = "large", "Large"


class Level(models.IntegerChoices):
    LOW = 0, "Low"
    HIGH = 7, "High"


WRAPPED = """\
syntax = "proto3";

package shop;

service OrderController {
    rpc Buy(OrderRequest) returns (OrderResponse) {}
    rpc Weigh(OrderWeighRequest) returns (OrderWeighResponse) {}
}

message OrderRequest {
    Size.Enum size = 2;
    repeated Size.Enum others = 3;
    Level.Enum level = 4;
}

message OrderResponse {
    Size.Enum size = 3;
    repeated Size.Enum others = 2;
    Level.Enum level = 1;
}

message OrderWeighRequest {
    Size.Enum size = 1;
}

message OrderWeighResponse {
    int32 grams = 1;
}

// How big it is.
message Size {
    enum Enum {
        ENUM_UNSPECIFIED = 0;
        SMALL = 5;
        LARGE = 2;
    }
}

message Level {
    enum Enum {
        ENUM_UNSPECIFIED = 0;
        LOW = 1;
        HIGH = 2;
    }
}
"""

IN_MESSAGE = """\
syntax = "proto3";

package shop;

service OrderController {
    rpc Buy(OrderRequest) returns (OrderResponse) {}
}

message OrderRequest {
    enum Size {
        SIZE_UNSPECIFIED = 0;
        SMALL = 2;
        LARGE = 1;
    }
    enum Level {
        LEVEL_UNSPECIFIED = 0;
        LOW = 1;
        HIGH = 2;
    }
    Size size = 1;
    repeated Size others = 2;
    Level level = 3;
}

message OrderResponse {
    enum Size {
        SIZE_UNSPECIFIED = 0;
        SMALL = 1;
        LARGE = 2;
    }
    enum Level {
        LEVEL_UNSPECIFIED = 0;
        LOW = 1;
        HIGH = 2;
    }
    Size size = 1;
    repeated Size others = 2;
    Level level = 3;
}
"""


class OrderSerializer(ProtoSerializer):
    size: Annotated[serializers.ChoiceField, Size] = serializers.ChoiceField(choices=Size.choices)
    others: Annotated[serializers.MultipleChoiceField, Size] = serializers.MultipleChoiceField(
        choices=Size.choices
    )
    level: Annotated[serializers.ChoiceField, Level] = serializers.ChoiceField(
        choices=Level.choices
    )


def bought(self: Any, request: Any, context: Any) -> Any:
    order = OrderSerializer(message=request)
    order.is_valid(raise_exception=True)
    assert order.validated_data["level"] == 0
    return OrderSerializer(order.validated_data).message


class OrderService(Service):
    service_name = "Order"
    pb: Any
    Buy = grpc_action(request=OrderSerializer, response=OrderSerializer)(bought)

    @grpc_action(
        request=[{"name": "size", "type": Size}], response=[{"name": "grams", "type": "int32"}]
    )
    def Weigh(self, request: Any, context: Any) -> Any:
        large = self.pb.Size.LARGE
        return self.pb.OrderWeighResponse(grams=900 if request.size == large else 100)


class InMessageService(Service):
    service_name = "Order"
    Buy = grpc_action(
        request=OrderSerializer,
        response=OrderSerializer,
        use_generation_plugins=[InMessageEnumGenerationPlugin()],
        override_default_generation_plugins=True,
    )(bought)


@pytest.mark.parametrize(
    ("existing", "cls"), [(WRAPPED, OrderService), (IN_MESSAGE, InMessageService)]
)
def test_enums_keep_place_and_numbers(existing: str, cls: Any, mode: Mode) -> None:
    adopted = Adopted(existing, cls)
    assert adopted.changes() == []
    with serve(mode, adopted.hook) as server, server.channel() as channel:
        stub = adopted.old_stub(channel, "OrderController")
        values = _values(stub.pb, "OrderRequest")
        reply = stub.Buy(size=values["SMALL"], others=[values["LARGE"], values["SMALL"]], level=1)
        answered = _values(stub.pb, "OrderResponse")
        assert reply.size == answered["SMALL"]
        assert sorted(reply.others) == sorted([answered["LARGE"], answered["SMALL"]])
        assert reply.level == 1


def test_an_enum_in_a_field_keeps_its_numbers(mode: Mode) -> None:
    adopted = Adopted(WRAPPED, OrderService)
    with serve(mode, adopted.hook) as server, server.channel() as channel:
        stub = adopted.old_stub(channel, "OrderController")
        assert stub.Weigh(size=2).grams == 900
        assert stub.Weigh(size=5).grams == 100


def _values(pb: Any, message: str) -> dict[str, int]:
    enum = getattr(pb, message).DESCRIPTOR.fields_by_name["size"].enum_type
    return {value.name: value.number for value in enum.values}
