"""An import path of the documentation."""

from collections.abc import Callable
from inspect import isawaitable
from typing import Any

from django_socio_grpc.request import CallRequest


async def safe_async_response(
    get_response: Callable[[CallRequest], Any], request: CallRequest
) -> Any:
    """Return what ``get_response(request)`` returns, or what it is when it is awaited."""
    response = get_response(request)
    return await response if isawaitable(response) else response
