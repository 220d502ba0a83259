"""Middlewares around async handlers, each as an async function from a request to a response."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from inspect import isawaitable
from typing import Any

from django_socio_grpc.concurrency import await_from_thread, blocking, is_async
from django_socio_grpc.middlewares.around import Manager
from django_socio_grpc.middlewares.kinds import (
    ViewHooks,
    answered,
    can_be_async,
    make,
    name_of,
    swallowed,
)
from django_socio_grpc.request import CallRequest
from django_socio_grpc.response import CallResponse

Layer = Callable[[CallRequest], Awaitable[CallResponse]]


class AsyncLayers:
    """Puts layers one around the other, from the innermost, ``answer``, outwards."""

    def __init__(self) -> None:
        self._hooks = ViewHooks()

    async def answer(self, request: CallRequest) -> CallResponse:
        """The call itself, with the hooks that Django has next to a view."""
        handler = getattr(request.service, request.action)
        for name, process_view in self._hooks.views:
            response = await _run(process_view, request, handler, (), {})
            if response is not None:
                return answered(response, name)
        try:
            return CallResponse(await request.respond(request), request.context)
        except Exception as exc:
            for name, process_exception in self._hooks.exceptions:
                response = await _run(process_exception, request, exc)
                if response is not None:
                    return answered(response, name)
            raise

    def manager(self, manager: Manager, inner: Layer) -> Layer:
        """A context manager, which stays open to the end of a stream."""

        async def layer(request: CallRequest) -> CallResponse:
            async with AsyncExitStack() as stack:
                stack.enter_context(manager(request.context))
                response = await inner(request)
                if request.held is not None:
                    await stack.enter_async_context(request.held)
                    request.held = stack.pop_all()
                return response
            raise swallowed(request.context)

        return layer

    def factory(self, middleware: Any, inner: Layer) -> Layer:
        """A middleware as Django's. One that is only sync has a thread, where it may query."""
        on_loop = can_be_async(middleware)
        made = make(middleware, inner if on_loop else _from_thread(inner))
        if made is None:
            return inner
        name = name_of(middleware)
        self._hooks.add(name, made)

        async def layer(request: CallRequest) -> CallResponse:
            response = made(request) if on_loop else blocking(made, request)
            return answered(await response if isawaitable(response) else response, name)

        return layer


def _from_thread(inner: Layer) -> Callable[[CallRequest], Any]:
    def get_response(request: CallRequest) -> Any:
        return await_from_thread(inner(request))

    return get_response


async def _run(hook: Callable[..., Any], *args: Any) -> Any:
    return await (hook(*args) if is_async(hook) else blocking(hook, *args))
