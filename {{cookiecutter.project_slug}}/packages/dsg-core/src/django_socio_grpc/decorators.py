"""``grpc_action``: marks a method as an RPC and says what its messages are."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from django_socio_grpc.actions import Action, MessageSource, Placeholder
from django_socio_grpc.caching import (
    cache_endpoint,
    cache_endpoint_with_deleter,
    vary_on_metadata,
)
from django_socio_grpc.exceptions import ConfigurationError
from django_socio_grpc.http_to_grpc import http_to_grpc

__all__ = [
    "cache_endpoint",
    "cache_endpoint_with_deleter",
    "grpc_action",
    "http_to_grpc",
    "vary_on_metadata",
]

F = TypeVar("F", bound=Callable[..., Any])
Later: TypeAlias = Placeholder | type[Placeholder]


def grpc_action(
    request: MessageSource = None,
    response: MessageSource = None,
    request_name: str | Later | None = None,
    response_name: str | Later | None = None,
    request_stream: bool | Later = False,
    response_stream: bool | Later = False,
    use_request_list: bool | Later = False,
    use_response_list: bool | Later = False,
    message_name_constructor_class: type | str | Later | None = None,
    use_generation_plugins: Sequence[Any] | Later | None = None,
    override_default_generation_plugins: bool | Later = False,
    atomic: bool | Later | None = None,
    default_deadline: float | Later | None = None,
    max_deadline: float | Later | None = None,
) -> Callable[[F], F]:
    """Make the decorated method an RPC.

    ``request`` and ``response`` are each a list of fields (``[{"name": "id", "type": "int32"}]``),
    a serializer class, the name of a message or nothing, which is ``google.protobuf.Empty``.
    The method's docstring becomes the comment of the rpc. ``use_generation_plugins`` change its
    messages after those of DEFAULT_GENERATION_PLUGINS, or instead of them. ``atomic`` makes a
    call one transaction, or not, whatever the service says. The deadlines are seconds for a call
    whose client names none, and for any call at most; ``math.inf`` is no limit.

        @grpc_action(request=[{"name": "id", "type": "int32"}], response=QuestionProtoSerializer)
        def Publish(self, request, context): ...

    Raises:
        ConfigurationError: it is used without parentheses.
    """
    if inspect.isfunction(request):
        raise ConfigurationError(
            f"@grpc_action of {request.__qualname__} lacks its parentheses: write @grpc_action()."
        )
    action = Action(
        request=request,
        response=response,
        request_name=request_name,
        response_name=response_name,
        request_stream=request_stream,
        response_stream=response_stream,
        use_request_list=use_request_list,
        use_response_list=use_response_list,
        message_name_constructor_class=message_name_constructor_class,
        use_generation_plugins=use_generation_plugins,
        override_default_generation_plugins=override_default_generation_plugins,
        atomic=atomic,
        default_deadline=default_deadline,
        max_deadline=max_deadline,
    )

    def mark(function: F) -> F:
        function.grpc_action = action  # type: ignore[attr-defined]
        return function

    return mark
