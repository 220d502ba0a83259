"""``Watch``: the action that streams what happens to a service's objects."""

from collections.abc import AsyncIterator
from typing import Any, ClassVar

from django_socio_grpc.actions import FnPlaceholder, StrTemplatePlaceholder
from django_socio_grpc.concurrency import blocking, rest
from django_socio_grpc.context import Context
from django_socio_grpc.decorators import grpc_action
from django_socio_grpc.protobuf.generation_plugin import FilterGenerationPlugin
from django_socio_grpc.watch.changes import subscription
from django_socio_grpc.watch.messages import REQUEST, message_base, response_serializer
from django_socio_grpc.watch.view import CHUNK, View


class WatchModelMixin:
    """Adds ``Watch`` to a ``GenericService``, of either colour.

    The action is async in both, for a stream that waits must not hold a thread; what it calls of
    the service (``get_queryset``, permissions, serializers) may be sync or async, as ever.
    """

    watch_buffer: ClassVar[int] = 10_000
    """Changes that wait for a client that reads slowly. With one more its stream ends."""

    watch_limit: ClassVar[int] = 100_000
    """Objects that one stream may watch. It remembers the key of each, about 100 bytes."""

    @grpc_action(
        request=REQUEST,
        request_name=StrTemplatePlaceholder("{}WatchRequest", message_base),
        response=FnPlaceholder(response_serializer),
        response_stream=True,
        use_generation_plugins=[FilterGenerationPlugin()],
    )
    async def Watch(self: Any, request: Any, context: Context) -> AsyncIterator[Any]:
        """Stream what happens to the objects that the caller may see.

        The first event is SYNCED, or, if the request asks for the ``initial`` state, all objects
        as CREATED and then SYNCED. What is committed from then on follows.
        """
        view = View(self, self.watch_limit)
        model = await blocking(view.get_model)
        with subscription(model, self.watch_buffer, context) as changes:
            more = True
            while more:
                events, more = await blocking(view.first, send=request.initial)
                rest()
                for event in events:
                    yield event
            yield view.synced()
            while keys := list(dict.fromkeys(await changes.atake())):
                for start in range(0, len(keys), CHUNK):
                    events = await blocking(view.changes, keys[start : start + CHUNK])
                    rest()
                    for event in events:
                        yield event


class AsyncWatchModelMixin(WatchModelMixin):
    """As ``WatchModelMixin``, by the name that it has beside the other async mixins."""
