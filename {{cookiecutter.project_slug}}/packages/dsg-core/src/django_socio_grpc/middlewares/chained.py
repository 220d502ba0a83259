"""A call by way of the chain of middlewares that Django's get_response makes.

``handle(request, encode)`` is the call itself, which the chain has in its middle. It gives
messages, so that middlewares can read and replace them.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import (
    AsyncExitStack,
    ExitStack,
    aclosing,
    asynccontextmanager,
    closing,
    contextmanager,
    nullcontext,
)
from functools import partial
from itertools import chain
from typing import Any

from django_socio_grpc.middlewares.kinds import swallowed
from django_socio_grpc.request import CallRequest

Chain = Callable[[CallRequest], Any]
Handle = Callable[..., Any]

_END: Any = object()


def reply(middlewares: Chain, service: Any, handle: Handle) -> Any:
    """Sync handler, one reply."""
    request = CallRequest(service.context, service)
    request.respond = partial(_call, handle)
    response = middlewares(request)
    response.send(request.context)
    return response.grpc_response


async def areply(middlewares: Chain, service: Any, handle: Handle) -> Any:
    """Async handler, one reply."""
    request = CallRequest(service.context, service)
    request.respond = partial(_call, handle)
    response = await middlewares(request)
    response.send(request.context)
    return response.grpc_response


def replies(middlewares: Chain, service: Any, handle: Handle) -> Generator[Any, None, None]:
    """Sync handler, many replies.

    The first is there before the middlewares have their response, so what goes wrong up to it
    goes wrong within them.
    """
    request = CallRequest(service.context, service)
    request.held = ExitStack()
    request.respond = partial(_begin, handle)
    with _holding(request):
        response = middlewares(request)
        try:
            with _closing(response.grpc_response) as items:
                yield from items
        finally:
            response.send(request.context)


async def areplies(middlewares: Chain, service: Any, handle: Handle) -> AsyncGenerator[Any, None]:
    """Async handler, many replies; the first as in ``replies``."""
    request = CallRequest(service.context, service)
    request.held = AsyncExitStack()
    request.respond = partial(_abegin, handle)
    async with _aholding(request):
        response = await middlewares(request)
        try:
            async with _aclosing(response.grpc_response) as items:
                async for item in items:
                    yield item
        finally:
            response.send(request.context)


def _call(handle: Handle, request: CallRequest) -> Any:
    request.service.request = request.grpc_request  # a middleware may have replaced it
    return handle(request.grpc_request, _as_it_is)


def _begin(handle: Handle, request: CallRequest) -> Iterator[Any]:
    items = request.held.enter_context(closing(_call(handle, request)))
    first = next(items, _END)
    return iter(()) if first is _END else chain([first], items)


async def _abegin(handle: Handle, request: CallRequest) -> AsyncIterator[Any]:
    items = await request.held.enter_async_context(aclosing(_call(handle, request)))
    return _followed(await anext(items, _END), items)


async def _followed(first: Any, items: AsyncIterator[Any]) -> AsyncIterator[Any]:
    if first is not _END:
        yield first
        async for item in items:
            yield item


@contextmanager
def _holding(request: CallRequest) -> Iterator[None]:
    """Let go of what is held last, whatever it is by then."""
    ended_well = False
    with ExitStack() as stack:
        stack.push(lambda *error: request.held.__exit__(*error))
        yield
        ended_well = True
    if not ended_well:
        raise swallowed(request.context)


@asynccontextmanager
async def _aholding(request: CallRequest) -> AsyncIterator[None]:
    ended_well = False
    async with AsyncExitStack() as stack:
        stack.push_async_exit(lambda *error: request.held.__aexit__(*error))
        yield
        ended_well = True
    if not ended_well:
        raise swallowed(request.context)


def _closing(items: Any) -> Any:
    return closing(items) if hasattr(items, "close") else nullcontext(items)


def _aclosing(items: Any) -> Any:
    return aclosing(items) if hasattr(items, "aclose") else nullcontext(items)


def _as_it_is(message: Any) -> Any:
    return message
