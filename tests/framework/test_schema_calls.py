"""What only a call knows cannot be in a contract."""

from typing import Any

import pytest
from contracts import (
    BookProtoSerializer,
    BookService,
    TagProtoSerializer,
    contract,
    refusal,
)
from django_socio_grpc.actions import AttrPlaceholder, FnPlaceholder, SelfSerializer
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.schema.model import EMPTY


class NeedsCall(BookService):
    def get_serializer_class(self) -> Any:
        return TagProtoSerializer if self.context.user else BookProtoSerializer

    @grpc_action(response=SelfSerializer())
    def Read(self, request: Any, context: Any) -> None: ...


class NeedsRequest(BookService):
    @grpc_action(request_name=FnPlaceholder(lambda service: service.request.name))
    def Read(self, request: Any, context: Any) -> None: ...


class NeedsAttribute(BookService):
    @grpc_action(response=AttrPlaceholder("answer"))
    def Read(self, request: Any, context: Any) -> None: ...


@pytest.mark.parametrize(
    ("cls", "name", "cause"),
    [
        (NeedsCall, "response", "AttributeError: 'NeedsCall' object has no attribute 'context'"),
        (NeedsRequest, "request_name", "AttributeError: 'NeedsRequest' object has no"),
        (NeedsAttribute, "response", "AttributeError: 'NeedsAttribute' object has no"),
    ],
)
def test_what_needs_a_call_is_refused_with_class_action_and_the_way_out(
    cls: type, name: str, cause: str
) -> None:
    text = refusal(cls)
    assert f"{cls.__name__}.Read: its {name} must be known before any call" in text
    assert cause in text
    assert "decide by self.action" in text
    assert "give the serializer in @grpc_action" in text


def test_an_error_of_configuration_in_a_placeholder_is_left_as_it_is() -> None:
    class WithoutSerializer(NeedsRequest):
        serializer_class: Any = None

        @grpc_action(response=SelfSerializer())
        def Read(self, request: Any, context: Any) -> None: ...

    text = refusal(WithoutSerializer)
    assert "serializer_class" in text
    assert "before any call" not in text


def test_a_serializer_may_depend_on_the_action() -> None:
    class ByAction(BookService):
        def get_serializer_class(self) -> Any:
            return {"Read": TagProtoSerializer, "Write": BookProtoSerializer}[self.action]

        @grpc_action(response=SelfSerializer())
        def Read(self, request: Any, context: Any) -> None: ...

        @grpc_action(request=SelfSerializer())
        def Write(self, request: Any, context: Any) -> None: ...

    (found,) = contract(ByAction).services
    assert [(rpc.request, rpc.response) for rpc in found.rpcs] == [
        (EMPTY, "TagResponse"),
        ("BookRequest", EMPTY),
    ]
