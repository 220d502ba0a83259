"""Middlewares around sync handlers, each as a function from a request to a response."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django_socio_grpc.concurrency import await_from_thread, blocking, settled
from django_socio_grpc.middlewares.around import Manager
from django_socio_grpc.middlewares.kinds import (
    ViewHooks,
    answered,
    can_be_sync,
    make,
    name_of,
    swallowed,
)
from django_socio_grpc.request import CallRequest
from django_socio_grpc.response import CallResponse

Layer = Callable[[CallRequest], CallResponse]


class SyncLayers:
    """Puts layers one around the other, from the innermost, ``answer``, outwards."""

    def __init__(self) -> None:
        self._hooks = ViewHooks()

    def answer(self, request: CallRequest) -> CallResponse:
        """The call itself, with the hooks that Django has next to a view."""
        handler = getattr(request.service, request.action)
        for name, process_view in self._hooks.views:
            response = settled(process_view(request, handler, (), {}))
            if response is not None:
                return answered(response, name)
        try:
            return CallResponse(request.respond(request), request.context)
        except Exception as exc:
            for name, process_exception in self._hooks.exceptions:
                response = settled(process_exception(request, exc))
                if response is not None:
                    return answered(response, name)
            raise

    def manager(self, manager: Manager, inner: Layer) -> Layer:
        """A context manager, which stays open to the end of a stream."""

        def layer(request: CallRequest) -> CallResponse:
            with ExitStack() as stack:
                stack.enter_context(manager(request.context))
                response = inner(request)
                if request.held is not None:
                    stack.enter_context(request.held)
                    request.held = stack.pop_all()
                return response
            raise swallowed(request.context)

        return layer

    def factory(self, middleware: Any, inner: Layer) -> Layer:
        """A middleware as Django's. One that is only async is awaited from this thread."""
        is_sync = can_be_sync(middleware)
        made = make(middleware, inner if is_sync else _awaitable(inner))
        if made is None:
            return inner
        name = name_of(middleware)
        self._hooks.add(name, made)

        def layer(request: CallRequest) -> CallResponse:
            return answered(made(request) if is_sync else await_from_thread(made(request)), name)

        return layer


def _awaitable(inner: Layer) -> Callable[[CallRequest], Any]:
    async def get_response(request: CallRequest) -> CallResponse:
        return await blocking(inner, request)

    return get_response
