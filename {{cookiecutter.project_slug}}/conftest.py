"""Fixtures for every app's tests."""

from collections.abc import Iterator
from typing import Any

import pytest
from django_socio_grpc.registry import handlers_hook
from django_socio_grpc.settings import grpc_settings
from django_socio_grpc.testing import RunningServer, serve

both_modes = pytest.fixture(params=["aio", "sync"])


@both_modes
def grpc_server(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[RunningServer]:
    """A server on a free loopback port, in each mode: `.target` and `.channel()`."""
    with serve(request.param) as server:
        yield server


@both_modes
def swapped_server(
    request: pytest.FixtureRequest, transactional_db: None
) -> Iterator[RunningServer]:
    """The same, with the services that `config/handlers.py` picks for the other mode."""
    with serve(request.param, _swapped_handlers) as server:
        yield server


def _swapped_handlers(server: Any) -> None:
    aio = grpc_settings.GRPC_ASYNC
    grpc_settings.GRPC_ASYNC = not aio
    try:
        handlers_hook()(server)
    finally:
        grpc_settings.GRPC_ASYNC = aio
