"""``grpc_action``: marks a method as an RPC and says what its messages are."""

from collections.abc import Callable
from typing import Any, TypeVar

from django_socio_grpc.actions import Action, MessageSource, Placeholder

F = TypeVar("F", bound=Callable[..., Any])


def grpc_action(
    request: MessageSource = None,
    response: MessageSource = None,
    request_name: str | Placeholder | None = None,
    response_name: str | Placeholder | None = None,
    request_stream: bool | Placeholder = False,
    response_stream: bool | Placeholder = False,
    use_request_list: bool | Placeholder = False,
    use_response_list: bool | Placeholder = False,
) -> Callable[[F], F]:
    """Make the decorated method an RPC.

    ``request`` and ``response`` are each a list of fields (``[{"name": "id", "type": "int32"}]``),
    a serializer class, the name of a message or nothing, which is ``google.protobuf.Empty``.
    The method's docstring becomes the comment of the rpc.

        @grpc_action(request=[{"name": "id", "type": "int32"}], response=QuestionProtoSerializer)
        def Publish(self, request, context): ...
    """
    action = Action(
        request=request,
        response=response,
        request_name=request_name,
        response_name=response_name,
        request_stream=request_stream,
        response_stream=response_stream,
        use_request_list=use_request_list,
        use_response_list=use_response_list,
    )

    def mark(function: F) -> F:
        function.grpc_action = action  # type: ignore[attr-defined]
        return function

    return mark
